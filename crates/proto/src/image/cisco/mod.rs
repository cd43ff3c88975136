//! Firmware files of the 79xx series: header, archive, lists and images. Nothing is decrypted,
//! decompressed or verified.

pub mod archive;
pub mod gen_a;
pub mod header;
pub mod loads;
pub mod os79xx;

pub use archive::{Archive, Completeness};
pub use gen_a::Image;
pub use header::SignedHeader;
pub use loads::Loads;

#[cfg(test)]
pub(crate) mod tests {
    //! Small files made by hand, with the layout of real ones and none of their contents.

    /// One field of a signed header.
    pub(crate) fn field(tag: u8, value: &[u8]) -> Vec<u8> {
        let [high, low] = (value.len() as u16).to_be_bytes();
        [&[tag, high, low], value].concat()
    }

    /// A signed file: header of version 1.1 padded to a multiple of four, then the body.
    pub(crate) fn signed(name: &str, body: &[u8]) -> Vec<u8> {
        let names = [
            field(0x04, b"CN=someSigner;OU=someOrgUnit;O=someOrg\0"),
            field(0x05, &[0x12, 0x34, 0x56, 0x78, 0x90, 0xab, 0xcd, 0xef]),
            field(0x06, b"CN=someCA;OU=someOrgUnit;O=someOrg\0"),
        ]
        .concat();
        let container = |tag: u8, contents: &[u8]| field(tag, contents);
        let algorithm = [field(0x0a, &[0]), field(0x0b, &[2])].concat();
        let info = [field(0x08, &[1]), container(0x09, &algorithm)].concat();
        let mut file = [
            field(0x01, &[1, 1]),
            field(0x02, &[0, 0]),
            container(0x03, &names),
            container(0x07, &info),
            field(0x0c, &[0x5a; 256]),
            field(0x0e, &[name.as_bytes(), &[0]].concat()),
        ]
        .concat();
        while !file.len().is_multiple_of(4) {
            file.push(0x0d);
        }
        let header_len = file.len() as u16;
        file[8..10].copy_from_slice(&header_len.to_be_bytes());
        file.extend_from_slice(body);
        file
    }

    /// An archive of (path, content); an entry without a path is code.
    pub(crate) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let names_at = 0x248 + 20 * files.len();
        let (mut table, mut names, mut data) = (Vec::new(), Vec::new(), Vec::new());
        for (name, content) in files {
            let (kind, name_at) = if name.is_empty() { (6, 0) } else { (7, names_at + names.len()) };
            for number in [kind, 2, content.len() as u32, 1_200_000_000, name_at as u32] {
                table.extend_from_slice(&number.to_be_bytes());
            }
            if !name.is_empty() {
                names.extend_from_slice(name.as_bytes());
                names.push(0);
            }
            data.extend_from_slice(content);
        }
        let mut body = vec![0; 0x248];
        body[..20].copy_from_slice(b"CNU_File_Archive_3.0");
        body[0x30..0x34].copy_from_slice(&(files.len() as u32).to_be_bytes());
        body[0x34..0x38].copy_from_slice(&((names_at + names.len()) as u32).to_be_bytes());
        body[0x38..0x38 + 20].copy_from_slice(b"CNU_File_Archive_3.0");
        [body, table, names, data].concat()
    }

    /// An image of a 7940 of this length.
    pub(crate) fn gen_a(name: &str, id: &[u8; 8], len: usize) -> Vec<u8> {
        let mut body = vec![0; len];
        body[0x20..0x20 + name.len()].copy_from_slice(name.as_bytes());
        body[0x120..0x128].copy_from_slice(id);
        body[0x138..0x13c].copy_from_slice(&(len as u32 - 0x20).to_le_bytes());
        body
    }
}
