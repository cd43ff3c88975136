//! Web Recovery: an address, a page, one file, flash.

use std::time::Duration;

use proto::Time;

use super::files::Errand;
use super::{Aastra, Stage, web};
use crate::firmware::st::{self, HOLE};
use crate::firmware::taken::Taken;
use crate::phones::parts::download::End;
use crate::phones::parts::http::{self, Request};
use crate::stream::{Answer, Conn};

const INVALID: &str = "Invalid Parameters";
const FAILED: &str = "Firmware Download Failed";
const DOWNLOADING: &str = "Firmware Downloading..Please Wait";
/// From the form to the first request for the file.
const BREATH: Duration = Duration::from_secs(1);
/// Most bytes of an upload that are taken.
const LARGEST: usize = 128 * 1024 * 1024;

impl Aastra {
    /// It has its address, or none: shows where its page is.
    pub(super) fn wait_for_page(&mut self) {
        let small = self.spec.model.small_screen;
        let shown = match (&self.spec.nonsense_address, self.station.address()) {
            (Some(nonsense), _) => nonsense.clone(),
            (None, address) => address.map_or_else(String::new, |address| address.to_string()),
        };
        let line = if small { format!("WEB RECOVERY AT: {shown}") } else { format!("http://{shown}/") };
        self.show(&["Web Recovery", &line]);
        self.stage = Stage::Waiting;
    }

    /// Whether a page is there at all.
    pub(super) fn is_served(&self) -> bool {
        if self.station.address().is_none() {
            return false;
        }
        match self.stage {
            Stage::Waiting | Stage::Thinking { .. } | Stage::Fetching(_) => self.boot.recovery,
            Stage::Idle => self.flash.stores.on("web interface enabled", true),
            _ => false,
        }
    }

    /// A request must come whole in its first segment; only an image that is uploaded may take more.
    pub(super) fn recovery_segment(&mut self, now: Time, conn: Conn, bytes: &[u8]) -> Answer {
        if self.spec.page.upload.is_none() {
            if self.boot.conns.insert(conn, Vec::new()).is_some() {
                return Answer::hang_up();
            }
            return match web::one_segment(bytes) {
                web::Read::Whole(request) => self.recovery_request(now, &request),
                web::Read::Stall => Answer::silence(),
                web::Read::Torn => self.invalid(),
            };
        }
        let buffer = self.boot.conns.entry(conn).or_default();
        buffer
            .extend_from_slice(bytes.get(..bytes.len().min(LARGEST.saturating_sub(buffer.len()))).unwrap_or_default());
        match web::many_segments(buffer) {
            Some(web::Read::Whole(request)) => self.recovery_request(now, &request),
            Some(web::Read::Torn) => self.invalid(),
            Some(web::Read::Stall) | None => Answer::silence(),
        }
    }

    fn recovery_request(&mut self, now: Time, request: &Request) -> Answer {
        let page = &self.spec.page;
        let action = page.is_action(&request.path);
        let get = request.method == "GET" || request.method == "HEAD";
        let sent = match (page.by_get(), get) {
            (true, true) => action && request.query.is_some(),
            (false, false) => action && request.method == "POST",
            _ => false,
        };
        if sent {
            return self.form(now, request);
        }
        self.boot.token = self.body.rng.below(1_000_000);
        let shown = page.page(&request.path, &self.spec.model.realm(), self.boot.status, self.boot.token);
        match shown {
            Some(html) if get => web::recovery_answer(200, &html),
            _ if action => {
                self.boot.reloaded |= self.boot.refused;
                web::recovery_answer(405, "<html><body>405 Method Not Allowed</body></html>")
            }
            _ => web::recovery_answer(404, "<html><body>404 Not Found</body></html>"),
        }
    }

    fn form(&mut self, now: Time, request: &Request) -> Answer {
        if let Some(field) = self.spec.page.upload.clone() {
            return match http::upload(request, &field) {
                Some((name, bytes)) => {
                    self.note(format!("was given {name}, {} bytes", bytes.len()));
                    let taken = Taken::of(HOLE, bytes);
                    self.uploaded(now, &taken)
                }
                None => self.invalid(),
            };
        }
        let text = match &request.query {
            Some(query) if self.spec.page.by_get() => query.clone(),
            _ => String::from_utf8_lossy(&request.body).into_owned(),
        };
        if self.spec.page.reload_first && !self.boot.reloaded {
            return self.invalid();
        }
        let Some(wish) = self.spec.page.read(&http::form(&text), self.boot.token) else { return self.invalid() };
        if !wish.place.path.is_empty() {
            self.note("a path was given: the download fails");
            return self.answer(200, FAILED);
        }
        if let Stage::Waiting = self.stage {
            self.note(format!(
                "is told to fetch {} from {} by {}",
                wish.file,
                wish.place.host,
                wish.place.scheme.name()
            ));
            self.boot.wish = Some(wish);
            self.stage = Stage::Thinking { until: now + BREATH, errand: Errand::Image };
            self.show(&["Web Recovery", DOWNLOADING]);
        }
        self.answer(200, DOWNLOADING)
    }

    fn invalid(&mut self) -> Answer {
        self.boot.refused = true;
        let status = self.spec.page.invalid_status;
        self.answer(status, INVALID)
    }

    /// A page that says this.
    fn answer(&mut self, code: u16, status: &'static str) -> Answer {
        self.boot.status = status;
        let title = self.spec.model.realm();
        let form = self.spec.page.page("/", &title, status, self.boot.token).filter(|_| self.spec.page.whole_page);
        let short = || format!("<HTML><HEAD><TITLE>{title}</TITLE></HEAD><BODY><H2>{status}</H2></BODY></HTML>");
        web::recovery_answer(code, &form.unwrap_or_else(short))
    }

    /// What came of the file that the page was told of.
    pub(super) fn image(&mut self, now: Time, end: End) {
        let image = match end {
            End::Got(file) => match self.judge(&file) {
                Ok((version, sum)) => return self.install(now, version, sum),
                Err(why) => why,
            },
            End::Rejected => {
                // The page goes on saying that it downloads; only the screen knows better.
                self.message("Incompatible with phone model");
                self.stage = Stage::Waiting;
                return;
            }
            End::Missing | End::Denied | End::Untrusted | End::TimedOut => FAILED,
        };
        self.message(image);
        self.boot.status = FAILED;
        self.stage = Stage::Waiting;
        if image == FAILED {
            self.wait_for_page();
        }
    }

    fn uploaded(&mut self, now: Time, file: &Taken) -> Answer {
        match self.judge(file) {
            Ok((version, sum)) => {
                self.show(&["Web Recovery", "Do not unplug phone!"]);
                let answer = self.answer(200, "Firmware upgrade in progress. Do not unplug the phone.");
                self.install(now, version, sum);
                answer
            }
            Err(why) => {
                self.message(why);
                self.answer(200, why)
            }
        }
    }

    /// Whether an image is sound and for this phone.
    fn judge(&self, file: &Taken) -> Result<(String, u64), &'static str> {
        let image = st::whole(file).map_err(|_| "Cannot use firmware.")?;
        if image.model != self.spec.model.image {
            return Err("Incompatible with phone model");
        }
        if !self.allows(&image.version) {
            return Err("Error: Upgrade/Downgrade rejected for incompatible firmware version");
        }
        Ok((image.version, image.sum))
    }
}
