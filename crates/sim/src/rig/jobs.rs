//! Jobs of the bench: one exchange with a phone's own server, on a table where there is no TCP. And the form filled
//! in without the bench, by [`super::browser`].

use std::net::{Ipv4Addr, SocketAddrV4};

use bench::web_recovery::End;
use bench::{Input as BenchInput, Job, JobId, JobNews};
use proto::Mac;

use super::Rig;
use super::browser::{self, Form};
use super::desk::Typed;
use crate::Phone as _;
use crate::stream::Conn;

impl Rig {
    /// Does a job from beginning to end and tells the bench what came of it.
    pub(super) fn work(&mut self, id: JobId, job: &Job) {
        let Job::Exchange { to, bytes, file } = job;
        let mut request = bytes.clone();
        if let Some((content, behind)) = file {
            request.extend_from_slice(&self.host.content(content).unwrap_or_default());
            request.extend_from_slice(behind);
        }
        let at = |p: &super::Place| p.plugged && p.powered && p.phone.status().address == Some(*to.ip());
        let place = self.places.iter().position(at).filter(|place| self.listens(*place, to.port()));
        let news = match place {
            Some(place) => {
                let server = self.host.reach(*to.ip());
                let bytes = self.raw(place, SocketAddrV4::new(server, 50_000), to.port(), &request);
                JobNews::Exchanged { bytes, end: End::Closed }
            }
            None => JobNews::Exchanged { bytes: Vec::new(), end: End::NotReached(format!("nobody answers at {to}")) },
        };
        self.tell_bench(BenchInput::Job { id, news });
    }

    /// Fills in the recovery page of a phone, as a technician would, without the bench.
    pub fn fill_in(&mut self, phone: Mac, address: Ipv4Addr, file: &str) -> JobNews {
        self.web_recovery(phone, address, file)
    }

    fn web_recovery(&mut self, phone: Mac, address: Ipv4Addr, file: &str) -> JobNews {
        let place = self.places.iter().position(|p| p.phone.mac() == phone);
        let reached = place.filter(|place| {
            let status = self.phone(*place).map(|p| p.status());
            let here = self.places.get(*place).is_some_and(|p| p.plugged);
            here && status.is_some_and(|s| s.address == Some(address)) && self.listens(*place, 80)
        });
        match reached {
            Some(place) => match self.recover(place, address, file) {
                Ok(what) => JobNews::Done { what },
                Err(why) => JobNews::Failed { code: "RB509".to_owned(), why },
            },
            None => JobNews::Failed { code: "RB509".to_owned(), why: format!("nobody answers at {address}") },
        }
    }

    fn listens(&self, place: usize, port: u16) -> bool {
        self.phone(place).is_some_and(|p| p.listens(port))
    }

    fn recover(&mut self, place: usize, address: Ipv4Addr, file: &str) -> Result<String, String> {
        let server = self.host.reach(address);
        let mut said = String::new();
        for (again, button) in [(false, false), (false, true), (true, false)] {
            let form = self.form(place, server)?;
            if let Some(field) = form.upload() {
                return self.upload(place, server, &form, field, file);
            }
            if again {
                // What going back in a browser does: the form's address is asked for without a form.
                self.http(place, server, &format!("GET {} HTTP/1.0\r\n\r\n", path_of(&form.action)));
            }
            let typed = Typed { server, path: String::new(), file: file.to_owned() };
            said = self.send_form(place, server, &form, &typed, button)?;
            if said.contains("Downloading") {
                return Ok("the phone says that it downloads".to_owned());
            }
        }
        Err(format!("the phone says {}", spoken(&said)))
    }

    /// Fills in a phone's page as a person does who knows no better; answers what it says then.
    pub(super) fn type_in(&mut self, place: usize, typed: &Typed) -> Result<String, String> {
        let here = self.places.get(place).is_some_and(|p| p.plugged && p.powered) && self.listens(place, 80);
        let address = self.phone(place).and_then(|p| p.status().address).filter(|_| here);
        let server = self.host.reach(address.ok_or("nobody answers")?);
        let form = self.form(place, server)?;
        let said = self.send_form(place, server, &form, typed, false)?;
        Ok(format!("the page says {}", spoken(&said)))
    }

    fn send_form(
        &mut self,
        place: usize,
        server: Ipv4Addr,
        form: &Form,
        typed: &Typed,
        button: bool,
    ) -> Result<String, String> {
        let Some(pairs) = form.filled(typed, button) else {
            return Err("its form has no fields for a server and a file".to_owned());
        };
        let (path, body) = (path_of(&form.action), browser::urlencoded(&pairs));
        let request = if form.get {
            format!("GET {path}?{body} HTTP/1.0\r\n\r\n")
        } else {
            let kind = "Content-Type: application/x-www-form-urlencoded";
            format!("POST {path} HTTP/1.0\r\n{kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        };
        Ok(self.http(place, server, &request))
    }

    /// The form that takes a file, on the first page or in a frame of it.
    fn form(&mut self, place: usize, server: Ipv4Addr) -> Result<Form, String> {
        let mut pages = vec!["/".to_owned()];
        let mut looked = 0;
        while let Some(page) = pages.pop() {
            looked += 1;
            let html = self.http(place, server, &format!("GET {} HTTP/1.0\r\n\r\n", path_of(&page)));
            let (forms, frames) = browser::read(&html);
            let any = Typed { server: Ipv4Addr::UNSPECIFIED, path: String::new(), file: "x".to_owned() };
            let fits = |f: &Form| f.upload().is_some() || f.filled(&any, false).is_some();
            if let Some(form) = forms.into_iter().find(fits) {
                return Ok(form);
            }
            pages.extend(frames.into_iter().filter(|_| looked < 5));
        }
        Err("there is no form for firmware on its page".to_owned())
    }

    fn upload(
        &mut self,
        place: usize,
        server: Ipv4Addr,
        form: &Form,
        field: &str,
        file: &str,
    ) -> Result<String, String> {
        let data = self.host.file(file).ok_or_else(|| format!("{file} is not on the shelf"))?;
        let head = format!(
            "--RB\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{file}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let body = [head.as_bytes(), &data, b"\r\n--RB--\r\n"].concat();
        let kind = "Content-Type: multipart/form-data; boundary=RB";
        let line =
            format!("POST {} HTTP/1.0\r\n{kind}\r\nContent-Length: {}\r\n\r\n", path_of(&form.action), body.len());
        let said = self.bytes(place, server, &[line.as_bytes(), &body].concat());
        if said.contains("progress") { Ok("the phone writes it".to_owned()) } else { Err(spoken(&said)) }
    }

    fn http(&mut self, place: usize, server: Ipv4Addr, request: &str) -> String {
        self.bytes(place, server, request.as_bytes())
    }

    fn bytes(&mut self, place: usize, server: Ipv4Addr, request: &[u8]) -> String {
        String::from_utf8_lossy(&self.raw(place, SocketAddrV4::new(server, 50_000), 80, request)).into_owned()
    }

    /// One request on a connection of its own, in segments of the usual size.
    fn raw(&mut self, place: usize, from: SocketAddrV4, port: u16, request: &[u8]) -> Vec<u8> {
        let now = self.now;
        let conn = Conn { port, ..self.flows.next_conn(from) };
        let mut said = Vec::new();
        for segment in request.chunks(1_460) {
            let Some(p) = self.places.get_mut(place) else { break };
            let answer = p.phone.on_segment(now, conn, segment);
            said.extend(answer.bytes);
            self.heed(place);
            if answer.close {
                break;
            }
        }
        if let Some(p) = self.places.get_mut(place) {
            p.phone.on_close(now, conn);
        }
        self.heed(place);
        self.arm(place);
        said
    }
}

/// A path as it goes on the request line.
fn path_of(action: &str) -> String {
    if action.starts_with('/') { action.to_owned() } else { format!("/{action}") }
}

/// The words of an answer.
fn spoken(answer: &str) -> String {
    let body = answer.split_once("\r\n\r\n").map_or(answer, |(_, body)| body);
    let words = body.split('<').filter_map(|part| part.split_once('>').map(|(_, text)| text.trim()));
    let text = words.filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    if text.is_empty() { "nothing".to_owned() } else { format!("\"{}\"", text.chars().take(80).collect::<String>()) }
}

impl super::flows::Flows {
    fn next_conn(&mut self, from: SocketAddrV4) -> Conn {
        let id = self.number();
        Conn { id, from, port: 80 }
    }
}
