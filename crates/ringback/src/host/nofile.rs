//! How many sockets and files this process may have open.
#![allow(unsafe_code, reason = "getrlimit(2) and setrlimit(2) have no safe wrapper among our libraries")]

use std::io;

/// Raises the limit as far as the administrator allows, and answers what it is now: every transfer has a
/// socket of its own, and the usual 1024 are too few for a crowd.
#[allow(clippy::useless_conversion, reason = "the limit is 32 bits wide on some computers")]
pub(crate) fn raise() -> io::Result<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid rlimit, which the call fills in.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    if limit.rlim_cur < limit.rlim_max {
        limit.rlim_cur = limit.rlim_max;
        // SAFETY: `limit` is a valid rlimit, which the call only reads.
        if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(limit.rlim_cur.into())
}

#[cfg(test)]
mod tests {
    #[test]
    fn afterwards_the_limit_is_the_hard_one() {
        let now = super::raise().unwrap();
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let line = limits.lines().find(|l| l.starts_with("Max open files")).unwrap();
        let told: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(told[3..5], [now.to_string(), now.to_string()]);
    }
}
