//! One bench on its sockets with its screen: what `run`, `serve` and `demo` have in common.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use bench::{Bench, Command, Config, Input, Seen};
use profile::Profiles;

use super::web::Web;
use crate::demo::Asks;
use crate::io::clock::Clock;
use crate::io::content::Library;
use crate::io::https::Tls;
use crate::io::message::{Mailbox, Message};
use crate::io::run_loop::{Done, Parts, RunLoop, Sockets, Teller};
use crate::io::shown::Shown;
use crate::io::uploads::Uploads;
use crate::io::{ftp, http};
use crate::jobs::{Jobs, Place};
use crate::store::folder::{Listing, Watcher};
use crate::store::leases;
use crate::store::shelf::ShelfWatcher;
use crate::store::writer::Writer;
use crate::tui;
use crate::web::demo::Hands;
use crate::web::{self, Desk};

/// How a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ui {
    /// The live screen.
    Screen,
    /// A line per observation.
    Plain,
    /// Observations as JSON, a line each.
    Json,
    /// Only what must be said.
    Quiet,
}

impl Ui {
    /// The live screen on a terminal, plain lines elsewhere.
    pub(super) fn pick(json: bool, plain: bool) -> Ui {
        use std::io::IsTerminal;
        match (json, plain) {
            (true, _) => Ui::Json,
            (false, false) if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() => Ui::Screen,
            _ => Ui::Plain,
        }
    }
}

/// Everything a run is made of.
pub(super) struct Session {
    pub(super) config: Config,
    pub(super) profiles: Profiles,
    pub(super) clock: Clock,
    pub(super) sockets: Sockets,
    pub(super) http: Option<TcpListener>,
    pub(super) https: Option<TcpListener>,
    pub(super) ftp: Option<TcpListener>,
    /// The interface that connections to phones stay on; none on loopback.
    pub(super) device: Option<String>,
    pub(super) state: PathBuf,
    pub(super) blobs: Vec<bench::shelf::Blob>,
    pub(super) folder: Option<PathBuf>,
    pub(super) uploads: Option<PathBuf>,
    pub(super) ui: Ui,
    /// Say on standard error when phones are answered, and where the journal is.
    pub(super) announce: bool,
    /// Is told what the bench asks of a person: the demo's person listens.
    pub(super) asks: Option<Sender<Asks>>,
    /// The web screens.
    pub(super) web: Option<Web>,
    /// The hands on the web screens, in a demo.
    pub(super) hands: Option<Arc<Hands>>,
    pub(super) until: Option<Done>,
    pub(super) mailbox: (Mailbox, std::sync::mpsc::Receiver<Message>, Arc<std::os::fd::OwnedFd>),
}

/// Runs it until somebody stops it. The bench is given back as it stood at the end.
pub(super) fn run(session: Session) -> super::Result<Bench> {
    let Session {
        config,
        profiles,
        clock,
        sockets,
        http,
        https,
        ftp,
        device,
        state,
        blobs,
        folder,
        uploads,
        ui,
        announce,
        asks,
        web,
        hands,
        until,
        mailbox,
    } = session;
    let profiles = Arc::new(profiles);
    let (mailbox, receiver, bell) = mailbox;
    let address = config.server;
    let writer = Writer::start(&state, config.wall_ms, Box::new(|error| eprintln!("{error}")))?;
    let library = Arc::new(Library::new(Some(state.join("blobs")), folder.clone()));
    let serves_dhcp = config.pool.is_some();
    let phones_side = (config.server, config.prefix);
    let leases = leases::read(&state)?;
    let mut bench = Bench::new(clock.now(), config, Arc::clone(&profiles), leases);
    bench.handle_input(clock.now(), Input::Shelf(blobs));
    if let Some(root) = &folder {
        bench.handle_input(clock.now(), Input::Folder(Listing::of(root).files));
    }
    let shelf = folder.is_none().then(|| ShelfWatcher::start(&state, mailbox.clone()));
    let watcher = folder.map(|root| Watcher::start(&root, mailbox.clone())).transpose()?;
    let server = http.map(|listener| http::spawn(listener, mailbox.clone(), Arc::clone(&library))).transpose()?;
    let tls = https
        .map(|listener| http::spawn_tls(listener, mailbox.clone(), Arc::clone(&library), Tls::new(address)?))
        .transpose()?;
    if let (Some(server), Ui::Plain | Ui::Json) = (&server, ui) {
        eprintln!("HTTP on {}", server.address());
    }
    let ftp =
        ftp.map(|listener| ftp::spawn(listener, device.clone(), mailbox.clone(), Arc::clone(&library))).transpose()?;
    if let (Some(server), Ui::Plain | Ui::Json) = (&ftp, ui) {
        eprintln!("FTP on {}", server.address());
    }
    let journal = writer.journal_path().to_owned();
    let uploads = Uploads::new(uploads);
    let jobs = Jobs::new(mailbox.clone(), Place { device, library: Arc::clone(&library) });
    let mut run =
        RunLoop::new(Parts { bench, clock, sockets, library, writer, mailbox: receiver, bell, uploads, jobs })?;
    let shown = run.shown();
    let url = web.as_ref().map(|w| w.listening.url());
    run.on_observation(teller(ui, announce, asks, web.is_some().then(|| Arc::clone(&shown))));
    let web = match web {
        Some(web) => {
            say_where(&web, ui);
            let desk = Desk {
                shown: Arc::clone(&shown),
                mailbox: mailbox.clone(),
                profiles: Arc::clone(&profiles),
                state: state.clone(),
                clock,
                demo: hands,
                adding: Arc::default(),
            };
            Some(web::spawn(web.listening, desk, phones_side)?)
        }
        None => None,
    };
    if let Some(done) = until {
        run.until(done);
    }
    let stop = mailbox.clone();
    // A second handler in one process is refused; the first one does.
    let _ = ctrlc::set_handler(move || {
        let _ = stop.send(Message::Command(Command::Stop));
    });
    if announce && !serves_dhcp && ui != Ui::Screen {
        eprintln!("ready");
    }
    let bench = if ui == Ui::Screen {
        let thread = std::thread::Builder::new().name("bench".to_owned()).spawn(move || run.run())?;
        let screen = tui::screen::run(&shown, &mailbox, &profiles, url.as_deref());
        // A screen that failed must not leave the bench running unseen.
        let _ = mailbox.send(Message::Command(Command::Stop));
        let bench = thread.join().map_err(|_| anyhow::anyhow!("the bench's thread panicked"))??;
        screen?;
        bench
    } else {
        let lines = (ui == Ui::Plain).then(|| tui::lines::start(&shown, &mailbox, &profiles));
        let bench = run.run()?;
        drop(lines);
        bench
    };
    drop(web);
    if let Some(server) = server {
        server.stop();
    }
    drop((ftp, watcher, shelf, tls));
    if announce && ui != Ui::Quiet {
        eprintln!("journal: {}", journal.display());
    }
    Ok(bench)
}

fn say_where(web: &Web, ui: Ui) {
    let url = web.listening.url();
    if ui != Ui::Screen {
        eprintln!("web screens: {url}");
    }
    if let Some(told) = &web.listening.told {
        eprintln!("{told}");
    }
    if web.open {
        web::open::open(&url);
    }
}

fn teller(ui: Ui, announce: bool, asks: Option<Sender<Asks>>, shown: Option<Shown>) -> Teller {
    Box::new(move |observation| {
        use std::io::Write;
        if let Some(shown) = &shown {
            shown.observed(observation);
        }
        if let Some(asks) = &asks {
            let asked = match &observation.seen {
                Seen::StepBegan { ask, .. } => ask.clone(),
                _ => None,
            };
            // A person who has left hears nothing.
            let _ = asks.send((observation.phone, bench::view::line(observation), asked));
        }
        let mut out = std::io::stdout();
        // A reader that has gone away (`| head`) must not stop a phone's recovery.
        let _ = match ui {
            Ui::Plain => bench::view::line(observation).map_or(Ok(()), |line| writeln!(out, "{line}")),
            Ui::Json => writeln!(out, "{}", bench::journal::line(observation)),
            Ui::Screen | Ui::Quiet => Ok(()),
        };
        if announce && matches!(observation.seen, Seen::ServingBegan) && ui != Ui::Screen {
            eprintln!("ready");
        }
        if let (Seen::ServingStopped { why }, true) = (&observation.seen, ui == Ui::Quiet) {
            eprintln!("{why}");
        }
    })
}
