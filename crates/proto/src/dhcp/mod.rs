//! DHCPv4 (RFC 2131, 2132, 3396): messages, options and the server machine.
