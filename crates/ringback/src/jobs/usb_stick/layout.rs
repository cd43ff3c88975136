//! How large the stick's parts are. Bytes throughout.

/// Where the partition begins: at a whole MiB, as flash likes it.
pub(super) const START: u64 = 1 << 20;
/// FAT32 needs more than 65,524 clusters; with the smallest clusters that is a little over 32 MiB.
const SMALLEST: u64 = 64 << 20;
/// Larger partitions help nobody here, and old readers of FAT32 stop at this size.
const LARGEST: u64 = 32 << 30;
/// Tables, the root folder, and the unused end of each file's last cluster.
const ROOM: u64 = 2 << 20;

/// The partition's size for files of so many bytes.
pub(super) const fn partition(files: u64) -> u64 {
    // The tables take 8 bytes for each cluster of at least 512.
    let wanted = files + files / 32 + ROOM;
    let whole = wanted.div_ceil(1 << 20) << 20;
    if whole < SMALLEST { SMALLEST } else { whole }
}

/// The size of a disk that can hold such files.
pub(crate) const fn disk(files: u64) -> u64 {
    START + partition(files)
}

/// The partition on a disk of this size: all of it, in whole MiB, as far as is useful.
pub(super) const fn partition_on(disk: u64) -> u64 {
    let all = (disk.saturating_sub(START) >> 20) << 20;
    if all > LARGEST { LARGEST } else { all }
}

#[cfg(test)]
mod tests {
    use hadris_fat::format::{FatFormatOptions, FatTypeSelection, FatVolumeFormatter};

    use super::*;

    #[test]
    fn every_size_is_fat32_and_holds_its_files() {
        for files in [0, 1, 5_000_000, 60 << 20, 63 << 20, 90 << 20, 130 << 20, 250 << 20, 900 << 20] {
            let size = partition(files);
            let options = FatFormatOptions::new(size).fat_type(FatTypeSelection::Fat32);
            let params = FatVolumeFormatter::calculate_params(&options).unwrap_or_else(|e| panic!("{files}: {e}"));
            let cluster = u64::from(params.sectors_per_cluster) * 512;
            // Each of the three files may leave a cluster nearly empty; the root folder has one.
            assert!(u64::from(params.cluster_count) * cluster >= files + 4 * cluster, "{files}");
            assert!(params.cluster_count > 65_524, "{files}");
        }
    }

    #[test]
    fn a_stick_is_used_as_far_as_is_useful() {
        assert_eq!(partition_on(8_000_000_000), 7_628 << 20);
        assert_eq!(partition_on(1 << 40), 32 << 30);
        assert_eq!(partition_on(0), 0);
        for disk in [100u64 << 20, 8 << 30, 16 << 30, 31 << 30, 40 << 30] {
            let options = FatFormatOptions::new(partition_on(disk)).fat_type(FatTypeSelection::Fat32);
            assert!(FatVolumeFormatter::calculate_params(&options).is_ok(), "{disk}");
        }
    }
}
