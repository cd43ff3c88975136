//! The few calls to the kernel that no library wraps safely: socket options, and packet sockets.
#![allow(unsafe_code, reason = "setsockopt, bind and recvmsg with structures that no library knows")]

use std::ffi::{CString, c_int, c_void};
use std::io;
use std::mem::{size_of, zeroed};
use std::os::fd::{AsRawFd, BorrowedFd};

/// The index of an interface; `NotFound` when there is none of this name.
pub(crate) fn interface_index(name: &str) -> io::Result<u32> {
    let wanted = CString::new(name).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: `wanted` is a string that ends in NUL and lives through the call.
    match unsafe { libc::if_nametoindex(wanted.as_ptr()) } {
        0 => Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no network interface {name}"))),
        index => Ok(index),
    }
}

/// A number as an option of a socket.
pub(crate) fn set_number(socket: BorrowedFd<'_>, level: c_int, option: c_int, value: c_int) -> io::Result<()> {
    set_option(socket, level, option, &value)
}

/// The packet socket hears what the card would throw away: `kind` is `PACKET_MR_PROMISC` or `PACKET_MR_ALLMULTI`.
pub(super) fn join(socket: BorrowedFd<'_>, index: u32, kind: c_int) -> io::Result<()> {
    let membership = libc::packet_mreq {
        mr_ifindex: c_int::try_from(index).map_err(|_| io::ErrorKind::InvalidInput)?,
        mr_type: u16::try_from(kind).map_err(|_| io::ErrorKind::InvalidInput)?,
        mr_alen: 0,
        mr_address: [0; 8],
    };
    set_option(socket, libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &membership)
}

/// Binds a packet socket to one interface and all protocols; it begins to hear with this.
pub(super) fn bind_packet(socket: BorrowedFd<'_>, index: u32) -> io::Result<()> {
    // SAFETY: sockaddr_ll is made of numbers, for which all zeros is a value.
    let mut address: libc::sockaddr_ll = unsafe { zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    address.sll_ifindex = c_int::try_from(index).map_err(|_| io::ErrorKind::InvalidInput)?;
    let len = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: `address` is a sockaddr_ll of `len` bytes and lives through the call.
    check(unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), len) })
}

/// A frame as a packet socket hands it out.
pub(super) struct Packet {
    /// Bytes in the buffer.
    pub(super) len: usize,
    /// This computer sent it.
    pub(super) outgoing: bool,
    /// Control information of the VLAN tag that was taken off.
    pub(super) tci: Option<u16>,
}

/// The next frame of a packet socket, without waiting. A frame longer than `buffer` is cut.
pub(super) fn receive_packet(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Packet> {
    // Room for one tpacket_auxdata with its header, aligned as headers must be.
    let mut control = [0_u64; 8];
    // SAFETY: sockaddr_ll is made of numbers, for which all zeros is a value.
    let mut from: libc::sockaddr_ll = unsafe { zeroed() };
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast::<c_void>(), iov_len: buffer.len() };
    // SAFETY: msghdr is made of numbers and pointers, for which all zeros is a value.
    let mut message: libc::msghdr = unsafe { zeroed() };
    message.msg_name = (&raw mut from).cast();
    message.msg_namelen = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = size_of::<[u64; 8]>() as _;
    // SAFETY: every pointer in `message` is to a local or to `buffer`, with its true length, and all
    // live through the call.
    let len = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, libc::MSG_DONTWAIT) };
    let len = usize::try_from(len).map_err(|_| io::Error::last_os_error())?;
    Ok(Packet { len, outgoing: from.sll_pkttype == libc::PACKET_OUTGOING, tci: taken_off(&message) })
}

fn taken_off(message: &libc::msghdr) -> Option<u16> {
    // SAFETY: `message` was filled in by recvmsg, and its control buffer is still alive.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
    while !header.is_null() {
        // SAFETY: a header that is not null lies whole within the control buffer, which is aligned.
        let (level, kind, len) = unsafe { ((*header).cmsg_level, (*header).cmsg_type, (*header).cmsg_len as usize) };
        // SAFETY: only computes a length.
        let whole = unsafe { libc::CMSG_LEN(size_of::<libc::tpacket_auxdata>() as u32) } as usize;
        if (level, kind) == (libc::SOL_PACKET, libc::PACKET_AUXDATA) && len >= whole {
            // SAFETY: the data is as long as the structure, as its length says; it may be unaligned.
            let aux = unsafe { libc::CMSG_DATA(header).cast::<libc::tpacket_auxdata>().read_unaligned() };
            return (aux.tp_status & libc::TP_STATUS_VLAN_VALID != 0).then_some(aux.tp_vlan_tci);
        }
        // SAFETY: `header` is one of this message's.
        header = unsafe { libc::CMSG_NXTHDR(message, header) };
    }
    None
}

fn set_option<T>(socket: BorrowedFd<'_>, level: c_int, option: c_int, value: &T) -> io::Result<()> {
    let len = size_of::<T>() as libc::socklen_t;
    // SAFETY: `value` points to `len` readable bytes, which the kernel only reads.
    check(unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const *value).cast(), len) })
}

fn check(result: c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
