//! A SIP message as a phone reads it: first line, headers, body.

/// A message taken apart; names of headers in lower case.
pub(super) struct Message {
    pub(super) first: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Message {
    pub(super) fn parse(bytes: &[u8]) -> Option<Message> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.lines();
        let first = lines.next()?.to_owned();
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        };
        let headers = lines.filter_map(header).collect();
        first.contains("SIP/2.0").then(|| Message { first, headers, body: body.to_owned() })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// It answers the REGISTER of this number.
    pub(super) fn is_for(&self, sequence: u32) -> bool {
        self.header("cseq") == Some(&format!("{sequence} REGISTER"))
    }
}
