//! The live screen: phones, the one thing to do now, transfers, findings. It draws the newest view and
//! sends commands; it changes nothing.

use std::io;
use std::time::Duration;

use bench::signalling::Wish;
use bench::view::{PhoneView, Stand, View, offers};
use bench::{Command, Outcome};
use profile::Profiles;
use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Gauge, Paragraph, Wrap};
use rustix::event::{PollFd, PollFlags, Timespec};

use super::choose::{Choice, Chosen};
use crate::io::message::{Mailbox, Message};
use crate::io::shown::Shown;

/// How often it is drawn.
const EVERY: Duration = Duration::from_millis(100);

/// Shows the view until the loop ends or the technician quits.
pub(crate) fn run(shown: &Shown, mailbox: &Mailbox, profiles: &Profiles, url: Option<&str>) -> io::Result<()> {
    let mut seen = shown.watch();
    let mut terminal = ratatui::try_init()?;
    let mut at = 0usize;
    let mut choice: Option<Choice> = None;
    let result = loop {
        let newest = seen.borrow_and_update().clone();
        let view = newest.view;
        if newest.ended {
            break Ok(());
        }
        if let Some(view) = &view {
            at = at.min(view.phones.len().saturating_sub(1));
            if let Err(error) = terminal.draw(|frame| draw(frame, view, at, url, choice.as_ref())) {
                break Err(error);
            }
        }
        match key_waits() {
            Ok(false) => continue,
            Ok(true) => {}
            Err(error) => break Err(error),
        }
        let Ok(Event::Key(key)) = event::read() else { continue };
        if key.kind != KeyEventKind::Press {
            continue;
        }
        if let Some(open) = &mut choice {
            let chosen = open.key(key.code);
            if chosen != Chosen::Open {
                choice = None;
            }
            if let Chosen::Wanted(command) = chosen
                && mailbox.send(Message::Command(command)).is_err()
            {
                break Ok(());
            }
            continue;
        }
        let phone = view.as_ref().and_then(|v| v.phones.get(at)).map(|p| p.mac);
        match (key.code, view.as_ref()) {
            (KeyCode::Char('p'), Some(view)) => {
                choice = view.phones.get(at).map(|p| Choice::procedure(p, offers(profiles, p)));
            }
            (KeyCode::Char('a'), Some(view)) => choice = Some(Choice::stranger(view)),
            _ => {}
        }
        let command = match (key.code, phone) {
            (KeyCode::Char('q'), _) => Some(Command::Stop),
            (KeyCode::Char('c'), _) if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Command::Stop),
            (KeyCode::Down | KeyCode::Tab, _) => {
                at = at.saturating_add(1);
                None
            }
            (KeyCode::Up, _) => {
                at = at.saturating_sub(1);
                None
            }
            (KeyCode::Enter, Some(phone)) => Some(Command::Confirm { phone }),
            (KeyCode::Char('s'), Some(phone)) => Some(Command::Start { phone, procedure: None, to: None }),
            (KeyCode::Char('x'), Some(phone)) => Some(Command::Abort { phone }),
            (KeyCode::Char('r'), Some(phone)) => Some(Command::Tell { phone, wish: Wish::Ring }),
            (KeyCode::Char('b'), Some(phone)) => Some(Command::Tell { phone, wish: Wish::Reset }),
            (KeyCode::Char(n @ '1'..='9'), Some(phone)) => {
                n.to_digit(10).and_then(|n| usize::try_from(n).ok()).map(|n| Command::Answer { phone, answer: n - 1 })
            }
            _ => None,
        };
        if let Some(command) = command
            && mailbox.send(Message::Command(command)).is_err()
        {
            break Ok(());
        }
    };
    // Not `restore`: where there is no terminal to complain to, it would panic, and so would the drop.
    let _ = ratatui::try_restore();
    if result.is_err() {
        std::mem::forget(terminal);
    }
    result
}

/// Whether there is something to read, at the latest after `EVERY`; an error when the terminal has gone away,
/// which the library below would go on reading for ever.
fn key_waits() -> io::Result<bool> {
    let stdin = io::stdin();
    let mut wanted = [PollFd::new(&stdin, PollFlags::IN)];
    let span = Timespec { tv_sec: 0, tv_nsec: i64::from(EVERY.subsec_nanos()) };
    match rustix::event::poll(&mut wanted, Some(&span)) {
        // A signal: a new size of the window, for one.
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    if wanted.iter().any(|w| w.revents().intersects(gone)) {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the terminal has gone away"));
    }
    event::poll(Duration::ZERO)
}

fn draw(frame: &mut Frame<'_>, view: &View, at: usize, url: Option<&str>, choice: Option<&Choice>) {
    let phones = u16::try_from(view.phones.len()).unwrap_or(u16::MAX).clamp(1, 8) + 2;
    let [top, list, rest, bottom] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Length(phones),
        Constraint::Min(6),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(banner(view), top);
    frame.render_widget(list_of(view, at), list);
    match view.phones.get(at) {
        Some(phone) => draw_phone(frame, view, phone, rest),
        None => frame.render_widget(nobody(view), rest),
    }
    let web = url.map_or_else(String::new, |u| format!("   web: {u}"));
    let help = format!(
        "↑↓ phone  s recommended  p procedures  Enter done  x stop  a allow  r ring  b start again  q quit{web}"
    );
    frame.render_widget(Paragraph::new(help).dim(), bottom);
    if let Some(choice) = choice {
        choice.draw(frame, frame.area());
    }
}

fn banner(view: &View) -> Paragraph<'static> {
    let b = &view.banner;
    let server = b.server.map_or_else(String::new, |(a, p)| format!("{a}/{p}"));
    let dhcp = match b.dhcp {
        "serving" => {
            Span::styled(format!("acting as DHCP on {} {server}", b.iface), Style::new().fg(Color::Green).bold())
        }
        "looking" => Span::styled(
            format!("looking for other DHCP servers on {} …", b.iface),
            Style::new().fg(Color::Yellow).bold(),
        ),
        "stopped" => Span::styled("DHCP STOPPED", Style::new().fg(Color::Red).bold()),
        _ => Span::raw(format!("{} {server}, no DHCP", b.iface)),
    };
    let link = match b.link {
        Some(false) => "   NO LINK: plug the phone in",
        _ => "",
    };
    let counts = format!("   phones answered: {}, others ignored: {}", b.phones, b.ignored);
    let mut lines = vec![Line::from(vec![" Ringback  ".bold(), dhcp, counts.into(), link.yellow()])];
    let second = b.stopped.clone().or_else(|| view.cable.first().map(|f| format!("{} {}", f.code, f.title)));
    if let Some(text) = second {
        lines.push(Line::from(format!(" {text}")).red().bold());
    }
    Paragraph::new(lines)
}

fn list_of(view: &View, at: usize) -> Paragraph<'static> {
    let lines: Vec<Line<'static>> = view
        .phones
        .iter()
        .enumerate()
        .map(|(i, p)| {
            let mark = if i == at { "▶ " } else { "  " };
            let (word, colour) = state_of(p);
            let load = p.load.clone().unwrap_or_default();
            Line::from(vec![
                Span::raw(mark),
                Span::styled(format!("{word:<14}"), Style::new().fg(colour).bold()),
                Span::raw(format!("{}  {:<16} {:<22} {}", p.mac, p.who, load, p.doing)),
            ])
        })
        .collect();
    Paragraph::new(lines).block(Block::new().borders(Borders::ALL).title(" phones "))
}

fn state_of(phone: &PhoneView) -> (String, Color) {
    let colour = match phone.state {
        Stand::YourTurn => Color::Yellow,
        Stand::Failed | Stand::Trouble => Color::Red,
        Stand::Working => Color::Cyan,
        Stand::Watching => Color::Gray,
        Stand::Recovered => Color::Green,
        Stand::Gone => Color::DarkGray,
    };
    let word = phone.state.words();
    let loud = matches!(phone.state, Stand::YourTurn | Stand::Recovered);
    (if loud { word.to_uppercase() } else { word.to_owned() }, colour)
}

fn nobody(view: &View) -> Paragraph<'static> {
    let loads = if view.loads.is_empty() {
        "The shelf holds no complete load. Add firmware with `ringback shelf add`.".to_owned()
    } else {
        format!("Complete loads on the shelf: {}", view.loads.join(", "))
    };
    let text = if view.todo.is_empty() {
        format!("Plug the cable into the phone's network port (SW, LAN or Internet), then give it power.\n\n{loads}")
    } else {
        view.todo.join("\n\n")
    };
    Paragraph::new(text).wrap(Wrap { trim: true }).block(Block::new().borders(Borders::ALL).title(" do this now "))
}

fn draw_phone(frame: &mut Frame<'_>, view: &View, phone: &PhoneView, area: Rect) {
    let transfers = u16::try_from(phone.transfers.len()).unwrap_or(0).min(3);
    let [now, bars, lower] =
        Layout::vertical([Constraint::Length(9), Constraint::Length(transfers), Constraint::Min(3)]).areas(area);
    frame.render_widget(now_do(view, phone), now);
    for (i, transfer) in phone.transfers.iter().take(3).enumerate() {
        let row = Rect { y: bars.y + u16::try_from(i).unwrap_or(0), height: 1, ..bars };
        let done = if transfer.size == 0 { 0.0 } else { transfer.bytes as f64 / transfer.size as f64 };
        let left = transfer.left_s.map_or_else(String::new, |s| format!(", {s} s left"));
        let label = format!(
            "{}  {} of {} kB, {} kB/s{left}",
            transfer.name,
            transfer.bytes / 1_000,
            transfer.size / 1_000,
            transfer.rate / 1_000
        );
        frame.render_widget(
            Gauge::default().ratio(done.clamp(0.0, 1.0)).label(label).gauge_style(Style::new().fg(Color::Cyan)),
            row,
        );
    }
    let [left, right] = Layout::horizontal([Constraint::Percentage(55), Constraint::Percentage(45)]).areas(lower);
    frame.render_widget(course(phone, left.height), left);
    frame.render_widget(wrong(phone), right);
}

fn now_do(view: &View, phone: &PhoneView) -> Paragraph<'static> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut colour = Color::Gray;
    if let Some(procedure) = &phone.procedure {
        if let Some((outcome, why)) = &procedure.ended {
            colour = if *outcome == Outcome::Recovered { Color::Green } else { Color::Red };
            lines.push(
                Line::from(outcome.word().to_uppercase()).style(Style::new().fg(colour).add_modifier(Modifier::BOLD)),
            );
            lines.push(Line::from(why.clone()));
        } else if let Some(say) = &procedure.say {
            let clock =
                procedure.until.map_or_else(String::new, |u| format!("   [{} left]", minutes(u.since(view.now))));
            colour = if procedure.ask.as_ref().is_some_and(|a| a.confirm) { Color::Yellow } else { Color::Cyan };
            lines.push(Line::from(format!("{say}{clock}")).style(Style::new().fg(colour).add_modifier(Modifier::BOLD)));
            if let Some(ask) = &procedure.ask {
                lines.extend(ask.hold.iter().map(|h| Line::from(format!("hold      {h}")).bold()));
                lines.extend(ask.keys.iter().map(|k| Line::from(format!("type      {}", spaced(k))).bold()));
                if !ask.together.is_empty() {
                    lines.push(Line::from(format!("together  {}", ask.together.join(" + "))).bold());
                }
                if !ask.menu.is_empty() {
                    lines.push(Line::from(format!("menu      {}", ask.menu.join(" → "))).bold());
                }
                let answers = (1..).zip(&ask.answers);
                lines.extend(answers.map(|(n, answer)| Line::from(format!("press {n}   {answer}")).bold()));
                lines.extend(ask.ready.iter().map(|r| Line::from(format!("ready     {r}"))));
                lines.extend(ask.accepted.iter().map(|a| Line::from(format!("accepted  {a}"))));
                if ask.confirm {
                    lines.push(Line::from("Press Enter when it is done.").yellow());
                }
            }
            lines.extend(procedure.why.iter().map(|w| Line::from(w.clone()).dim()));
        }
        if !procedure.rungs.is_empty() {
            lines.push(Line::default());
            lines.push(way(phone, &procedure.rungs));
        }
    } else if let Some(finding) = phone.findings.iter().find(|f| f.procedure.is_some()) {
        colour = Color::Yellow;
        lines.push(Line::from(format!("{}  {}", finding.code, finding.title)).yellow().bold());
        lines.push(Line::from("Press s to start the procedure that cures it."));
    } else {
        lines.push(Line::from(phone.doing.clone()));
    }
    let title = format!(" {} {} ({}) ", phone.mac, phone.who, phone.grade);
    Paragraph::new(lines)
        .wrap(Wrap { trim: true })
        .block(Block::new().borders(Borders::ALL).border_style(Style::new().fg(colour)).title(title))
}

/// The ladder: what ran first, the rungs, and which of them runs now.
fn way(phone: &PhoneView, rungs: &[String]) -> Line<'static> {
    let mut spans = vec![Span::raw(phone.load_before.clone().unwrap_or_else(|| "?".to_owned()))];
    for rung in rungs {
        spans.push(Span::raw("  →  "));
        let runs = phone.load.as_ref() == Some(rung);
        spans.push(if runs { Span::raw(format!("[{rung}]")).green().bold() } else { Span::raw(rung.clone()) });
    }
    Line::from(spans)
}

/// `19:41`, as a kitchen clock shows it.
fn minutes(span: Duration) -> String {
    format!("{}:{:02}", span.as_secs() / 60, span.as_secs() % 60)
}

fn spaced(keys: &str) -> String {
    keys.chars().map(|c| c.to_string()).collect::<Vec<_>>().join(" ")
}

fn course(phone: &PhoneView, height: u16) -> Paragraph<'static> {
    let room = usize::from(height.saturating_sub(2));
    let mut lines: Vec<Line<'static>> = Vec::new();
    if let Some(procedure) = &phone.procedure {
        lines.extend(procedure.steps.iter().map(|s| {
            let mark = match s.state {
                "done" => "✓ ".green(),
                "missed" => "✗ ".red(),
                _ => "▶ ".cyan(),
            };
            Line::from(vec![mark, Span::raw(s.say.clone())])
        }));
    } else {
        lines.extend(phone.files.iter().map(|f| {
            let asks = if f.asks > 1 { format!(" ×{}", f.asks) } else { String::new() };
            Line::from(format!("{:<4} {}{asks}  {}", f.via, f.name, f.result))
        }));
    }
    let skip = lines.len().saturating_sub(room);
    let title = if phone.procedure.is_some() { " steps " } else { " files asked for " };
    Paragraph::new(lines.split_off(skip)).block(Block::new().borders(Borders::ALL).title(title))
}

fn wrong(phone: &PhoneView) -> Paragraph<'static> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    for finding in &phone.findings {
        lines.push(Line::from(format!("{}  {}", finding.code, finding.title)).red().bold());
        lines.extend(finding.evidence.iter().map(|e| Line::from(format!("  · {e}"))));
        lines.push(Line::from(format!("  → {}", finding.remedy)));
    }
    if phone.findings.is_empty() {
        lines.extend(phone.because.iter().map(|b| Line::from(b.clone()).dim()));
    }
    let title = if phone.findings.is_empty() { " known by " } else { " findings " };
    Paragraph::new(lines).wrap(Wrap { trim: true }).block(Block::new().borders(Borders::ALL).title(title))
}
