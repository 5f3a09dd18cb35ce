//! The cache's reader: whatever stands in a file, it is refused with a reason or it is whole.
//!
//! Of random bytes none would ever have a right digest. So the input is read twice: as a
//! file, and as code that is sealed here and then altered at one place.

#![no_main]

use libfuzzer_sys::fuzz_target;
use workbooks_engine::seal::{self, LENGTH, What};

fuzz_target!(|data: &[u8]| {
    as_it_is(data);
    if let Some((head, code)) = data.split_first_chunk::<8>() {
        altered(*head, code);
    }
});

fn as_it_is(data: &[u8]) {
    if let Ok(sealed) = seal::read(data) {
        assert_eq!(sealed.code.len() + LENGTH, data.len());
        let again = seal::seal(sealed.code.to_vec(), sealed.seal.what, sealed.seal.variant, sealed.seal.key);
        assert_eq!(again, data, "what is read is what was written");
    }
    if let Some(end) = data.last_chunk::<LENGTH>() {
        let _ = seal::parse(end);
    }
}

fn altered(head: [u8; 8], code: &[u8]) {
    let [kind, variant, flip, how, at @ ..] = head;
    let what = if kind & 1 == 0 { What::Component } else { What::Module };
    let key = [kind; 32];
    let whole = seal::seal(code.to_vec(), what, variant, key);
    let sealed = seal::read(&whole).expect("what was sealed here");
    assert_eq!((sealed.code, sealed.seal.what, sealed.seal.variant, sealed.seal.key), (code, what, variant, key));

    let place = u32::from_le_bytes(at) as usize % whole.len();
    let mut damaged = whole.clone();
    match how % 4 {
        0 => damaged[place] ^= flip.max(1),
        1 => damaged.truncate(place),
        2 => damaged.insert(place, flip),
        _ => drop(damaged.remove(place)),
    }
    // An insertion beside an equal byte, say, changes nothing that can be seen.
    if damaged != whole {
        assert!(seal::read(&damaged).is_err(), "damage at {place} of {} was not seen", whole.len());
    }
}
