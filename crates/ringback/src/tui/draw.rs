//! The live screen as it is drawn: phones, the one thing to do now, transfers, findings. What does not fit is left
//! out from below; what to do now never is.

use std::sync::Arc;
use std::time::Duration;

use bench::Outcome;
use bench::view::{PhoneView, ProcedureView, Stand, View};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Gauge, Padding, Paragraph, Wrap};

use super::screen::{Over, Screen, Sure, asks_approval};
use crate::sentence::{capital, keys, sentences};

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, view: &View, screen: &Screen) {
    let area = frame.area();
    let (width, room) = (usize::from(area.width), usize::from(area.height));
    let top = banner(view, screen, width);
    let bottom = help(view, screen, width);
    let at = screen.at(view);
    // A third of the screen for the list; the rest is about one phone.
    let rows = view.phones.len().clamp(1, (room / 5).max(1)) + 2;
    let [above, list, rest, below] = Layout::vertical([
        Constraint::Length(high(top.len())),
        Constraint::Length(high(rows)),
        Constraint::Min(6),
        Constraint::Length(high(bottom.len())),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(top), above);
    frame.render_widget(list_of(view, at, list), list);
    match view.phones.get(at) {
        Some(phone) => draw_phone(frame, view, phone, rest),
        None => frame.render_widget(nobody(view), rest),
    }
    frame.render_widget(Paragraph::new(bottom).dim(), below);
    match &screen.over {
        Some(Over::Choice(choice)) => choice.draw(frame, area),
        Some(Over::Prompt(prompt)) => prompt.draw(frame, area),
        Some(Over::Sure(sure)) => draw_sure(frame, sure, area),
        None => {}
    }
}

fn high(lines: usize) -> u16 {
    u16::try_from(lines).unwrap_or(u16::MAX)
}

/// Where a box of so many lines lies over the screen.
pub(super) fn over(area: Rect, wide: u16, lines: usize) -> Rect {
    let high = high(lines + 2).min(area.height);
    Rect { x: area.x + (area.width - wide) / 2, y: area.y + (area.height - high) / 2, width: wide, height: high }
}

fn draw_sure(frame: &mut Frame<'_>, sure: &Sure, area: Rect) {
    let wide = area.width.saturating_sub(4).min(70);
    let lines: Vec<Line<'_>> =
        fold(&sure.words, usize::from(wide.saturating_sub(4))).into_iter().map(Line::from).collect();
    let place = over(area, wide, lines.len());
    let keys = format!(" {}: yes   Esc: no ", sure.key);
    let block =
        Block::bordered().border_style(Style::new().yellow()).padding(Padding::horizontal(1)).title_bottom(keys);
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines).bold().block(block), place);
}

/// The keys that do something now, in as many lines as they need, two at the most.
fn help(view: &View, screen: &Screen, width: usize) -> Vec<Line<'static>> {
    let phone = screen.phone(view);
    let running = phone.and_then(|p| p.procedure.as_ref()).filter(|p| p.ended.is_none());
    let ask = running.and_then(|p| p.ask.as_ref());
    let recommended = running.is_none() && phone.is_some_and(|p| p.findings.iter().any(|f| f.procedure.is_some()));
    let is = |so: bool, text: &'static str| so.then_some(text);
    let keys = [
        is(phone.is_some_and(asks_approval), "Enter approve"),
        is(ask.is_some_and(|a| a.confirm && a.answers.is_empty()), "Enter done"),
        is(ask.is_some_and(|a| !a.answers.is_empty()), "1-9 what it shows"),
        is(recommended, "s begin what is recommended"),
        is(view.phones.len() > 1, "↑↓ phone"),
        is(phone.is_some_and(|p| p.here), "p procedures"),
        is(running.is_some(), "x stop"),
        is(!view.strangers.is_empty(), "a answer a station"),
        is(phone.is_some_and(|p| p.here && !p.not_here().is_empty()), "n give a name a file"),
        is(phone.is_some_and(|p| p.here && p.registered.is_some()), "r ring  b start again"),
        Some(if screen.muted { "m bell on" } else { "m bell off" }),
        Some("q quit"),
    ];
    let mut lines = vec![String::new()];
    for key in keys.into_iter().flatten() {
        let used = lines.last().map_or(0, |l| l.chars().count());
        if used > 0 && used + 2 + key.chars().count() > width && lines.len() < 2 {
            lines.push(String::new());
        }
        let Some(line) = lines.last_mut() else { continue };
        if !line.is_empty() {
            line.push_str("  ");
        }
        line.push_str(key);
    }
    lines.into_iter().map(Line::from).collect()
}

fn banner(view: &View, screen: &Screen, width: usize) -> Vec<Line<'static>> {
    let b = &view.banner;
    let server = b.server.map_or_else(String::new, |(a, p)| format!("{a}/{p}"));
    let (dhcp, colour) = match b.dhcp {
        "serving" => (format!("acting as DHCP on {} {server}", b.iface), Color::Green),
        "looking" => (format!("looking for other DHCP servers on {} …", b.iface), Color::Yellow),
        "stopped" => ("DHCP STOPPED".to_owned(), Color::Red),
        _ => (format!("{} {server}, no DHCP", b.iface), Color::Reset),
    };
    let mut counts = format!("   answered: {}", b.phones);
    if b.ignored > 0 {
        counts.push_str(&format!("  not answered: {}", b.ignored));
    }
    let mut first = vec![" Ringback  ".bold(), Span::styled(dhcp, Style::new().fg(colour).bold()), counts.into()];
    if b.link == Some(false) {
        first.push("   NO LINK: plug the phone in".yellow().bold());
    }
    let used: usize = first.iter().map(Span::width).sum();
    let url = screen.url.as_ref().map_or_else(String::new, |u| format!("   {u}"));
    if used + url.chars().count() <= width {
        first.push(Span::raw(url).dim());
    }
    let mut lines = vec![Line::from(first)];
    let second = b.stopped.clone().or_else(|| view.cable.first().map(|f| format!("{} {}", f.code, f.title)));
    if let Some(text) = second {
        lines.push(Line::from(format!(" {text}")).red().bold());
    }
    lines
}

fn list_of(view: &View, at: usize, area: Rect) -> Paragraph<'static> {
    let (wide, room) = (usize::from(area.width.saturating_sub(2)), usize::from(area.height.saturating_sub(2)));
    // The chosen one stays in sight.
    let from = (at + 1).saturating_sub(room);
    let row = |(i, p): (usize, &Arc<PhoneView>)| {
        let mark = if i == at { "▶ " } else { "  " };
        let (word, colour) = state_of(p);
        let load = p.load.as_deref().filter(|_| wide >= 110).map_or_else(String::new, |l| format!("{l:<22} "));
        Line::from(vec![
            Span::raw(mark),
            Span::styled(format!("{word:<13} "), Style::new().fg(colour).bold()),
            Span::raw(cut(&format!("{}  {:<14} {load}{}", p.mac, p.who, p.doing), wide.saturating_sub(16))),
        ])
    };
    let lines: Vec<Line<'static>> = view.phones.iter().enumerate().skip(from).take(room.max(1)).map(row).collect();
    let title = match view.phones.len() {
        0 | 1 => " phones ".to_owned(),
        n if n > room => format!(" {n} phones, {} to {} shown ", from + 1, (from + room).min(n)),
        n => format!(" {n} phones "),
    };
    Paragraph::new(lines).block(Block::bordered().title(title))
}

/// As much of a line as there is room for; what is left out is shown by a mark.
fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Words in lines of at most so many characters; a longer word is broken.
fn fold(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        while word.len() > width {
            let rest = word.split_off(width);
            lines.push(word.into_iter().collect());
            word = rest;
        }
        let word: String = word.into_iter().collect();
        match lines.last_mut().filter(|l| l.chars().count() + 1 + word.chars().count() <= width) {
            Some(line) => {
                line.push(' ');
                line.push_str(&word);
            }
            None => lines.push(word),
        }
    }
    lines
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
    Paragraph::new(text).wrap(Wrap { trim: true }).block(Block::bordered().title(" do this now "))
}

fn draw_phone(frame: &mut Frame<'_>, view: &View, phone: &PhoneView, area: Rect) {
    let transfers = phone.transfers.len().min(3);
    let (block, lines) = now_do(view, phone, usize::from(area.width.saturating_sub(4)));
    // Something of the steps is to be seen below, unless what to do now needs the room.
    let most = usize::from(area.height).saturating_sub(transfers);
    let now = (lines.len() + 2).clamp(3, most.max(3));
    let [above, bars, lower] =
        Layout::vertical([Constraint::Length(high(now)), Constraint::Length(high(transfers)), Constraint::Min(0)])
            .areas(area);
    frame.render_widget(Paragraph::new(lines).block(block), above);
    for (i, transfer) in phone.transfers.iter().take(3).enumerate() {
        let row = Rect { y: bars.y + high(i), height: 1, ..bars };
        let done = if transfer.size == 0 { 0.0 } else { transfer.bytes as f64 / transfer.size as f64 };
        let left = transfer.left_s.map_or_else(String::new, |s| format!(", {} left", minutes(Duration::from_secs(s))));
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
    if lower.height < 3 {
        return;
    }
    let [left, right] = Layout::horizontal([Constraint::Percentage(55), Constraint::Percentage(45)]).areas(lower);
    frame.render_widget(course(phone, left), left);
    frame.render_widget(wrong(phone), right);
}

/// What to do now, folded to this width, and the frame around it.
fn now_do(view: &View, phone: &PhoneView, width: usize) -> (Block<'static>, Vec<Line<'static>>) {
    let mut out = Folded { lines: Vec::new(), width };
    let (word, mut colour) = state_of(phone);
    let mut clock = None;
    match phone.procedure.as_ref() {
        Some(ProcedureView { ended: Some((outcome, why)), .. }) => {
            colour = if *outcome == Outcome::Recovered { Color::Green } else { Color::Red };
            let done = match (outcome, &phone.load) {
                (Outcome::Recovered, Some(load)) => format!("The phone runs {load}."),
                (Outcome::Recovered, None) => "The phone is back.".to_owned(),
                _ => format!("{}.", capital(outcome.word())),
            };
            out.say(&done, Style::new().fg(colour).bold());
            out.say(&capital(why), Style::new());
        }
        Some(procedure) => {
            clock = procedure.until.map(|u| format!(" {} left ", minutes(u.since(view.now))));
            running(&mut out, phone, procedure, colour);
        }
        None => match phone.findings.first() {
            Some(finding) => {
                colour = Color::Yellow;
                out.say(&format!("{}  {}", finding.code, finding.title), Style::new().yellow().bold());
                out.say(finding.remedy, Style::new());
                if finding.procedure.is_some() {
                    out.say("Press s to begin the procedure that cures it.", Style::new().bold());
                }
            }
            None => out.say(&format!("{}.", capital(&phone.doing)), Style::new()),
        },
    }
    if let Some(procedure) = phone.procedure.as_ref().filter(|p| !p.rungs.is_empty()) {
        out.lines.push(way(phone, &procedure.rungs));
    }
    let title = format!(" {} · {} {} ({}) ", word.to_uppercase(), phone.who, phone.mac, phone.grade);
    let mut block =
        Block::bordered().padding(Padding::horizontal(1)).border_style(Style::new().fg(colour)).title(title);
    if let Some(clock) = clock {
        block = block.title(Line::from(clock).right_aligned().bold());
    }
    (block, out.lines)
}

/// Lines as they will stand.
pub(super) struct Folded {
    pub(super) lines: Vec<Line<'static>>,
    pub(super) width: usize,
}

impl Folded {
    fn say(&mut self, text: &str, style: Style) {
        self.marked("", text, style);
    }

    /// With a mark before the first line, and as much room before the others.
    pub(super) fn marked(&mut self, mark: &str, text: &str, style: Style) {
        let indent = mark.chars().count();
        for (n, line) in fold(text, self.width.saturating_sub(indent)).into_iter().enumerate() {
            let before = if n == 0 { mark.to_owned() } else { " ".repeat(indent) };
            self.lines.push(Line::from(format!("{before}{line}")).style(style));
        }
    }
}

fn running(out: &mut Folded, phone: &PhoneView, procedure: &ProcedureView, colour: Color) {
    let loud = Style::new().fg(colour).add_modifier(Modifier::BOLD);
    let sentences = procedure.say.as_deref().map(sentences).unwrap_or_default();
    let many = sentences.len() > 1 && phone.waits_for_person();
    for (n, sentence) in (1..).zip(&sentences) {
        let mark = if many { format!("{n}. ") } else { String::new() };
        out.marked(&mark, sentence, loud);
    }
    if let Some(ask) = &procedure.ask {
        let bold = Style::new().bold();
        let mut lines: Vec<(&str, String)> = Vec::new();
        lines.extend(ask.hold.iter().map(|h| ("Hold:      ", h.clone())));
        lines.extend(Some(ask.together.join(" + ")).filter(|t| !t.is_empty()).map(|t| ("Together:  ", t)));
        lines.extend(Some(ask.menu.join(" ▸ ")).filter(|m| !m.is_empty()).map(|m| ("Choose:    ", m)));
        lines.extend(ask.keys.iter().map(|k| ("Type:      ", keys(k).join(" "))));
        lines.into_iter().for_each(|(mark, text)| out.marked(mark, &text, bold));
        for (n, answer) in (1..).zip(&ask.answers) {
            out.marked(&format!("Press {n}:   "), answer, bold);
        }
        ask.ready.iter().for_each(|r| out.marked("Ready:     ", r, Style::new()));
        ask.accepted.iter().for_each(|a| out.marked("Taken:     ", a, Style::new()));
        if let Some(window) = ask.window_s {
            out.say(&format!("You have {window} seconds for the keys."), Style::new());
        }
        if ask.approval {
            out.say("Press Enter, then type who approves it and why.", Style::new().yellow());
        } else if ask.confirm && ask.answers.is_empty() {
            out.say("Press Enter when it is done.", Style::new().yellow());
        } else if phone.waits_for_person() && ask.answers.is_empty() {
            out.say("Ringback sees by itself when it is done.", Style::new().dim());
        }
    }
    procedure.why.iter().for_each(|w| out.say(w, Style::new().dim()));
}

/// The ladder: what ran first, the rungs, and which of them runs now.
fn way(phone: &PhoneView, rungs: &[String]) -> Line<'static> {
    let first = phone.load_before.clone().unwrap_or_else(|| "?".to_owned());
    let mut spans = Vec::new();
    for load in std::iter::once(&first).chain(rungs.iter().filter(|r| **r != first)) {
        if !spans.is_empty() {
            spans.push(Span::raw("  →  "));
        }
        let runs = phone.load.as_ref() == Some(load);
        spans.push(if runs { Span::raw(format!("[{load}]")).green().bold() } else { Span::raw(load.clone()) });
    }
    Line::from(spans)
}

/// `19:41`, as a kitchen clock shows it.
fn minutes(span: Duration) -> String {
    format!("{}:{:02}", span.as_secs() / 60, span.as_secs() % 60)
}

fn course(phone: &PhoneView, area: Rect) -> Paragraph<'static> {
    let (wide, room) = (usize::from(area.width.saturating_sub(2)), usize::from(area.height.saturating_sub(2)));
    let mut lines: Vec<Line<'static>> = Vec::new();
    if let Some(procedure) = &phone.procedure {
        lines.extend(procedure.steps.iter().map(|s| {
            let mark = match s.state {
                "done" => "✓ ".green(),
                "missed" => "✗ ".red(),
                _ => "▶ ".cyan(),
            };
            Line::from(vec![mark, Span::raw(cut(&s.say, wide.saturating_sub(2)))])
        }));
    } else {
        lines.extend(phone.files.iter().map(|f| {
            let asks = if f.asks > 1 { format!(" ×{}", f.asks) } else { String::new() };
            Line::from(cut(&format!("{:<4} {}{asks}  {}", f.via, f.name, f.result), wide))
        }));
    }
    let skip = lines.len().saturating_sub(room);
    let title = if phone.procedure.is_some() { " steps " } else { " files asked for " };
    Paragraph::new(lines.split_off(skip)).block(Block::bordered().title(title))
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
    Paragraph::new(lines).wrap(Wrap { trim: true }).block(Block::bordered().title(title))
}
