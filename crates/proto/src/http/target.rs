//! Where a form or a frame leads to, seen from the page that it stands on (RFC 3986 §5).

/// Path and query on the same server; none for what leads to no page (`javascript:`, `mailto:`, a fragment).
/// A host that is named is not looked at: the phone is reached by the address that it has, which it may not
/// know itself.
pub fn target(page: &str, reference: &str) -> Option<String> {
    let reference = reference.trim().split('#').next().unwrap_or_default();
    let lower = reference.to_ascii_lowercase();
    let path = if lower.starts_with("http://") || lower.starts_with("https://") || reference.starts_with("//") {
        let host = reference.split_once("//")?.1;
        host.find(['/', '?']).and_then(|at| host.get(at..)).unwrap_or("/").to_owned()
    } else if reference.split(['/', '?']).next().is_some_and(|first| first.contains(':')) {
        return None;
    } else {
        reference.to_owned()
    };
    let bare = page.split(['?', '#']).next().unwrap_or("/");
    let joined = match path.chars().next() {
        None => return Some(if page.is_empty() { "/".to_owned() } else { page.to_owned() }),
        Some('?') => format!("{bare}{path}"),
        Some('/') => path,
        Some(_) => format!("{}/{path}", bare.rsplit_once('/').map_or("", |p| p.0)),
    };
    let (path, query) = joined.split_once('?').map_or((joined.as_str(), None), |(p, q)| (p, Some(q)));
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let path = format!("/{}", parts.join("/"));
    Some(query.map_or_else(|| path.clone(), |q| format!("{path}?{q}")))
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn every_way_to_write_it() {
        for (page, reference, leads) in [
            ("/", "go.html", "/go.html"),
            ("/a/b.html", "go.cgi?x=1", "/a/go.cgi?x=1"),
            ("/a/b.html", "../go", "/go"),
            ("/a/b.html?q", "", "/a/b.html?q"),
            ("/a/b.html?q", "?r=1", "/a/b.html?r=1"),
            ("/a", "http://192.168.6/go", "/go"),
            ("/a", "//x", "/"),
            ("/", "/x/./y#z", "/x/y"),
            ("/", "../../x", "/x"),
        ] {
            assert_eq!(target(page, reference).as_deref(), Some(leads), "{page} {reference}");
        }
        for nowhere in ["javascript:go()", "mailto:x@y"] {
            assert_eq!(target("/", nowhere), None, "{nowhere}");
        }
    }
}
