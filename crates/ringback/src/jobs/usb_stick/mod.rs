//! A USB stick that a phone's loader can read: one MBR partition with FAT32, the phone's files in its root.
//!
//! | file | what |
//! | --- | --- |
//! | [`disks`] | the computer's disks, read from `/sys` and `/proc` below any root |
//! | [`refuse`] | why a disk is not written to |
//! | [`files`] | which files belong on a model's stick |
//! | [`check`] | whether they are for this model, before anything is written |
//! | [`layout`] | how large everything is |
//! | [`medium`] | the disk or image: opened for this alone, written, read back past the cache |
//! | [`pages`] | what is held of it in memory |
//! | [`write`] | the work itself, in its order |
//! | [`record`] | what is under way, so that a writer that was killed is told at the next start |
//!
//! Deliberately not here: asking a person (that is the command), GPT, other file systems, and mounting.

pub(crate) mod check;
pub(crate) mod disks;
pub(crate) mod files;
mod layout;
mod medium;
mod pages;
pub(crate) mod record;
pub(crate) mod refuse;
pub(crate) mod write;
