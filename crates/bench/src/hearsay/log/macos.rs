//! TftpServer of macOS: `[date time zone] 'NAME' of type 'octet' is requested from ADDRESS:PORT`.
//!
//! Only what was quoted of it is known: requests, good ends, and repeated requests. How it words a missing file is
//! inferred.

use super::{Said, address_in, name};

/// Reads a line; `None` when it is none of this server's.
pub(super) fn read(text: &str) -> Option<Said> {
    let text = text.strip_prefix('[').and_then(|t| t.split_once(']')).map_or(text, |(_, rest)| rest).trim();
    if let Some((file, from)) =
        text.split_once("' of type '").and_then(|(f, r)| Some((f, r.split_once("is requested from")?.1)))
    {
        let file = name(file.trim_start_matches('\''));
        return Some(Said::Asked { from: address_in(from), name: file, key: None, told_at_end: true });
    }
    // An arrow stands before it.
    if let Some((_, rest)) = text.split_once("Transfer of '") {
        let (file, how) = rest.rsplit_once('\'')?;
        let file = Some(name(file));
        return Some(if how.contains("finished") {
            Said::Sent { to: None, name: file, key: None, bytes: 0, repeats: 0 }
        } else {
            Said::Failed { to: None, name: file, key: None, why: format!("the server said \"{}\"", name(how)) }
        });
    }
    // The phone asked again before the first answer: the same request.
    text.contains("already processing the request from").then_some(Said::Nothing)
}
