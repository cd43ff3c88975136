//! The services beside DHCP and files: which of them reads what.
//!
//! A service that nobody reads yet is silent: its bytes are neither answered nor observed.

use std::net::SocketAddrV4;

use proto::Time;

use crate::bench::Bench;
use crate::input::{ConnId, Service, StreamEvent};
use crate::job::{JobId, JobNews};
use crate::output::Output;

impl Bench {
    /// A datagram of any service but DHCP and TFTP.
    pub(crate) fn on_datagram(&mut self, now: Time, service: Service, from: SocketAddrV4, bytes: &[u8]) {
        match service {
            Service::Dns => self.on_dns(now, from, bytes),
            Service::Mdns => self.on_mdns(now, from, bytes),
            Service::Ntp => self.on_ntp(now, from, bytes),
            Service::Syslog => self.on_syslog(now, from, bytes),
            Service::Sip => self.on_sip(now, from, bytes),
            Service::Dhcp | Service::Tftp | Service::Sccp => {}
        }
    }

    /// News of a TCP conversation.
    pub(crate) fn on_stream(
        &mut self,
        now: Time,
        conn: ConnId,
        service: Service,
        from: SocketAddrV4,
        event: StreamEvent<'_>,
    ) {
        if service == Service::Sccp {
            self.on_sccp(now, conn, from, event);
        } else if event == StreamEvent::Opened {
            self.tell(Output::Stream { conn, bytes: Vec::new(), close: true });
        }
    }

    /// News of a job.
    pub(crate) fn on_job(&mut self, now: Time, id: JobId, news: JobNews) {
        if !self.on_login(now, id, &news) {
            let _ = self.web_job(now, id, &news);
        }
    }
}
