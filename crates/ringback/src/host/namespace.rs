//! A network of its own for a self-test: a cable made in software, in a namespace without a name. Nothing of it is
//! left when the thread and the programs that it started have ended, and nothing of this computer's network is in it.
#![allow(unsafe_code, reason = "unshare(2) and mount(2) have no safe wrapper among our libraries")]

use std::io;

use super::netlink;

/// Both ends of the cable.
pub(crate) const ENDS: [&str; 2] = ["rbtest0", "rbtest1"];

/// Does `work` on a thread that has such a network, and hands its answer back.
pub(crate) fn with_cable<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    let entered = || {
        enter()?;
        netlink::add_veth(ENDS[0], ENDS[1])?;
        // The loopback is the first in every namespace.
        netlink::set_up(1, true)?;
        for end in ENDS {
            netlink::set_up(netlink::index_of(end)?, true)?;
        }
        Ok(work())
    };
    std::thread::scope(|scope| scope.spawn(entered).join())
        .unwrap_or_else(|_| Err(io::Error::other("the self-test broke off")))
}

fn enter() -> io::Result<()> {
    // SAFETY: no memory is touched; only this thread moves to new namespaces.
    if unsafe { libc::unshare(libc::CLONE_NEWNET | libc::CLONE_NEWNS) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let none = std::ptr::null();
    // What is mounted from here on stays here; `/sys/class/net` shows the namespace that mounted it.
    // SAFETY: all pointers are null or end with a NUL and live through the call.
    let mounted = unsafe {
        libc::mount(none, c"/".as_ptr(), none, libc::MS_REC | libc::MS_PRIVATE, std::ptr::null()) == 0
            && libc::mount(c"sysfs".as_ptr(), c"/sys".as_ptr(), c"sysfs".as_ptr(), 0, std::ptr::null()) == 0
    };
    if mounted { Ok(()) } else { Err(io::Error::last_os_error()) }
}
