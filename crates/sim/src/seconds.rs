//! Spans of time in scenario files: a number of seconds, such as `30` or `0.2`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

/// For `#[serde(deserialize_with = "…")]`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(from)?;
    Duration::try_from_secs_f64(seconds).map_err(|_| D::Error::custom(format!("{seconds} is no number of seconds")))
}
