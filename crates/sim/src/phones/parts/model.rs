//! A model's name, as scenario files say it.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Reads the name of one of these models.
///
/// # Errors
/// For a name that `find` does not know; the names of all are told.
pub(crate) fn deserialize<'de, D: Deserializer<'de>, M: 'static>(
    from: D,
    models: &[M],
    name: fn(&M) -> &'static str,
    find: fn(&str) -> Option<&'static M>,
) -> Result<&'static M, D::Error> {
    let said = String::deserialize(from)?;
    find(&said).ok_or_else(|| {
        let known: Vec<&str> = models.iter().map(name).collect();
        D::Error::custom(format!("no simulated model {said}; there are {}", known.join(", ")))
    })
}
