//! Spans of time in scenario files: a number of seconds, such as `30` or `0.2`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

/// For `#[serde(deserialize_with = "…")]`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    span(f64::deserialize(from)?)
}

/// For a span that need not be there; the field needs a default.
pub(crate) fn option<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    Option::<f64>::deserialize(from)?.map(span).transpose()
}

fn span<E: Error>(seconds: f64) -> Result<Duration, E> {
    Duration::try_from_secs_f64(seconds).map_err(|_| E::custom(format!("{seconds} is no number of seconds")))
}
