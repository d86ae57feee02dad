//! Fingerprints of a canonical text: the specification's CRC-64-AVRO (Rabin), MD5 and SHA-256.

use std::sync::OnceLock;

const EMPTY: u64 = 0xc15d_213a_a4d7_a795;

/// The CRC-64-AVRO (Rabin) fingerprint of a text, usually a Parsing Canonical Form.
///
/// ```
/// assert_eq!(eventpact_contract::formats::avro::rabin("\"int\""), 0x7275_d51a_3f39_5c8f);
/// ```
pub fn rabin(text: &str) -> u64 {
    static TABLE: OnceLock<[u64; 256]> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut table = [0; 256];
        for (seed, slot) in (0_u64..).zip(&mut table) {
            *slot = (0..8).fold(seed, |fp, _| (fp >> 1) ^ if fp & 1 == 1 { EMPTY } else { 0 });
        }
        table
    });
    text.bytes().fold(EMPTY, |fp, byte| (fp >> 8) ^ table[usize::from(fp.to_le_bytes()[0] ^ byte)])
}

/// The MD5 fingerprint of a text.
pub fn md5(text: &str) -> [u8; 16] {
    use ::md5::Digest;
    ::md5::Md5::digest(text.as_bytes()).into()
}

/// The SHA-256 fingerprint of a text.
pub fn sha256(text: &str) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(text.as_bytes()).into()
}
