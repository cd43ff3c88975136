//! Long sequential work, written as such: one step after another, progress told on the way.
//!
//! | module | what |
//! | --- | --- |
//! | [`usb_stick`] | a USB stick, or an image of one, from which a phone's loader takes new firmware |

pub(crate) mod usb_stick;
