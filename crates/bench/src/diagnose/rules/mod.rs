//! The rule base: one file per rule, one line here. Order is the order on the screen.

mod rb102_tagged;
mod rb103_seeks_other_server;
mod rb105_told_elsewhere;
mod rb106_unheard;
mod rb110_no_dhcp;
mod rb111_static_address;
mod rb112_asks_for_nothing;
mod rb113_weak_power;
mod rb114_answers_lost;
mod rb115_network_kept;
mod rb120_page_unreachable;
mod rb121_told_and_not_asked;
mod rb122_not_in_recovery;
mod rb123_no_form;
mod rb124_form_refused;
mod rb125_download_failed;
mod rb127_other_subnet;
mod rb129_in_recovery;
mod rb201_incomplete_load;
mod rb202_load_not_here;
mod rb206_wiped;
mod rb260_no_application;
mod rb261_early_loader;
mod rb262_hint_only;
mod rb263_other_model;
mod rb264_no_load_name;
mod rb265_config_size;
mod rb266_image_again;
mod rb267_image_not_here;
mod rb272_image_aborted;
mod rb273_image_refused;
mod rb274_back_in_recovery;
mod rb281_rescue_name;
mod rb283_boot_loader;
mod rb301_auth_fail;
mod rb302_trust_list;
mod rb303_load_rejected;
mod rb310_board_refuses;
mod rb313_mgcp_locked;
mod rb340_tied_by_tls;
mod rb410_no_configuration;
mod rb411_keys_refused_sip;
mod rb412_keys_refused;
mod rb413_menu_missed;
mod rb414_other_call_server;
mod rb415_registers_again;
mod rb416_unprovisioned;
mod rb417_no_reset_needed;
mod rb430_old_provider;
mod rb431_redirection_asked;
mod rb432_password_not_default;
mod rb433_started_as_usual;
mod rb434_config_again;
mod rb450_password_kept;
mod rb452_page_wants_encryption;

use super::Rule;
use crate::observe::{Outcome, WebOutcome};
use crate::session::Session;

/// Every rule.
pub static RULES: &[&Rule] = &[
    &rb102_tagged::RULE,
    &rb103_seeks_other_server::RULE,
    &rb105_told_elsewhere::RULE,
    &rb106_unheard::RULE,
    &rb110_no_dhcp::RULE,
    &rb111_static_address::RULE,
    &rb112_asks_for_nothing::RULE,
    &rb113_weak_power::RULE,
    &rb114_answers_lost::RULE,
    &rb115_network_kept::RULE,
    &rb120_page_unreachable::RULE,
    &rb121_told_and_not_asked::RULE,
    &rb122_not_in_recovery::RULE,
    &rb123_no_form::RULE,
    &rb124_form_refused::RULE,
    &rb125_download_failed::RULE,
    &rb127_other_subnet::RULE,
    &rb129_in_recovery::RULE,
    &rb201_incomplete_load::RULE,
    &rb202_load_not_here::RULE,
    &rb206_wiped::RULE,
    &rb260_no_application::RULE,
    &rb261_early_loader::RULE,
    &rb262_hint_only::RULE,
    &rb263_other_model::RULE,
    &rb264_no_load_name::RULE,
    &rb265_config_size::RULE,
    &rb266_image_again::RULE,
    &rb267_image_not_here::RULE,
    &rb272_image_aborted::RULE,
    &rb273_image_refused::RULE,
    &rb274_back_in_recovery::RULE,
    &rb281_rescue_name::RULE,
    &rb283_boot_loader::RULE,
    &rb301_auth_fail::RULE,
    &rb302_trust_list::RULE,
    &rb303_load_rejected::RULE,
    &rb310_board_refuses::RULE,
    &rb313_mgcp_locked::RULE,
    &rb340_tied_by_tls::RULE,
    &rb410_no_configuration::RULE,
    &rb411_keys_refused_sip::RULE,
    &rb412_keys_refused::RULE,
    &rb413_menu_missed::RULE,
    &rb414_other_call_server::RULE,
    &rb415_registers_again::RULE,
    &rb416_unprovisioned::RULE,
    &rb417_no_reset_needed::RULE,
    &rb430_old_provider::RULE,
    &rb431_redirection_asked::RULE,
    &rb432_password_not_default::RULE,
    &rb433_started_as_usual::RULE,
    &rb434_config_again::RULE,
    &rb450_password_kept::RULE,
    &rb452_page_wants_encryption::RULE,
];

/// The reset keys that a procedure asked for, in words, once that procedure has ended without its proof.
fn keys_refused(session: &Session) -> Option<String> {
    let ended = session.procedure.as_ref()?.ended.as_ref()?;
    matches!(ended.0, Outcome::GaveUp | Outcome::Partly).then(|| keys_asked(session))?
}

/// A procedure was refused because it is not for the load that runs.
fn refused_by_load(session: &Session) -> Option<String> {
    let ended = session.procedure.as_ref()?.ended.as_ref()?;
    let refused = ended.0 == Outcome::Refused && ended.1.starts_with("RB418");
    refused.then(|| "a way was chosen that its load does not know".to_owned())
}

/// The reset keys that a procedure asked for, in words.
fn keys_asked(session: &Session) -> Option<String> {
    let course = &session.procedure.as_ref()?.course;
    let asked = course.iter().rev().filter_map(|s| s.ask.as_ref()).find(|a| a.hold.is_some() && a.keys.is_some())?;
    let (hold, keys) = (asked.hold.as_deref()?, asked.keys.as_deref()?);
    Some(format!("it was to be started with {hold} held, and {keys} typed"))
}

/// The way a web recovery went that ended so, unless the phone has taken an image since.
fn web_ended(session: &Session, wanted: WebOutcome) -> Option<Vec<String>> {
    let (outcome, why, _) = session.web.ended.as_ref()?;
    let over = session.files_this_boot().any(|f| f.role == Some(profile::Role::Image) && f.done_n > 0);
    (*outcome == wanted && !over).then(|| {
        let tries = session.web.tries.iter().map(|(way, verdict)| format!("{way}: {}", verdict.words()));
        std::iter::once(why.clone()).chain(tries).collect()
    })
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn codes_are_unique_and_dependencies_exist() {
        for (i, rule) in RULES.iter().enumerate() {
            assert!(RULES.iter().skip(i + 1).all(|r| r.code != rule.code), "{}", rule.code);
            assert!(rule.depends_on.iter().all(|d| RULES.iter().any(|r| r.code == *d)), "{}", rule.code);
            assert!(rule.code.len() == 5 && rule.code.starts_with("RB"), "{}", rule.code);
        }
    }
}
