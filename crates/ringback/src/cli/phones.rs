//! `ringback phones`: what is known about phones.

use std::io::Write;

use clap::Args;
use profile::keys::Wipes;

use super::{ProfileArgs, config};

/// List the phones that Ringback knows, and what it can do for them
#[derive(Args)]
pub(crate) struct PhonesArgs {
    /// Only this model (7965) or family (cisco-79xx-java)
    which: Option<String>,
    #[command(flatten)]
    profiles: ProfileArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &PhonesArgs) -> super::Result {
    let profiles = config::profiles_or_warn(&args.profiles)?;
    let wanted = |f: &profile::Family| args.which.as_ref().is_none_or(|w| f.id == *w || f.model(w).is_some());
    let families: Vec<_> = profiles.families().filter(|f| wanted(f)).collect();
    let mut out = std::io::stdout().lock();
    if args.json {
        let list: Vec<_> = families
            .iter()
            .map(|f| {
                serde_json::json!({ "id": f.id, "maker": f.maker, "name": f.name,
                    "models": f.models.iter().map(|m| &m.name).collect::<Vec<_>>(),
                    "procedures": f.procedures.iter().map(|p| serde_json::json!({ "id": p.id, "title": p.title, "when": p.when })).collect::<Vec<_>>() })
            })
            .collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
        return Ok(u8::from(families.is_empty()));
    }
    for family in &families {
        writeln!(out, "{} — {}", family.name, family.id)?;
        let models: Vec<&str> = family.models.iter().map(|m| m.name.as_str()).collect();
        writeln!(out, "  models      {}", models.join(" "))?;
        for procedure in &family.procedures {
            let wipes = match procedure.wipes {
                Wipes::Nothing => "",
                Wipes::Settings => "  [erases settings]",
                Wipes::Firmware => "  [erases the firmware]",
            };
            writeln!(out, "  procedure   {:<22} {}{wipes}", procedure.id, procedure.title)?;
        }
        let model = args.which.as_ref().and_then(|w| family.model(w));
        let keys =
            family.keys.iter().filter(|k| model.is_some_and(|m| k.models.is_empty() || k.models.contains(&m.name)));
        for key in keys {
            let together =
                if key.together.is_empty() { String::new() } else { format!("{} together", key.together.join(" + ")) };
            let hold = key.hold.as_ref().map_or_else(String::new, |h| format!("hold {h} at power-on, then "));
            writeln!(
                out,
                "  keys        {:<22} {hold}{}{together} — {} ({})",
                key.id,
                key.keys,
                key.title,
                key.confidence.words()
            )?;
        }
        let menus =
            family.menus.iter().filter(|m| model.is_some_and(|x| m.models.is_empty() || m.models.contains(&x.name)));
        for menu in menus {
            let way: Vec<&str> = menu.path.iter().chain(&menu.softkeys).map(String::as_str).collect();
            let protocols =
                if menu.protocols.is_empty() { String::new() } else { format!(", {}", menu.protocols.join("/")) };
            let (id, title, sure) = (&menu.id, &menu.title, menu.confidence.words());
            writeln!(out, "  menu        {id:<22} {} — {title} ({sure}{protocols})", way.join(" → "))?;
        }
        writeln!(out)?;
    }
    if families.is_empty() {
        writeln!(out, "No phone of that name. `ringback phones` lists all.")?;
        return Ok(1);
    }
    Ok(0)
}
