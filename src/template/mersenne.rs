//! `Mersenne`: MT19937 as Python's `random` seeds and uses it, so that `random(seed='web1')` gives the same on every run, and
//! the same as Ansible.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Read;

use sha2::{Digest, Sha512};

const SIZE: usize = 624;
const SHIFT: usize = 397;

/// The generator.
pub(crate) struct Mersenne {
    state: [u32; SIZE],
    at: usize,
}

impl Mersenne {
    /// `random.Random(text)`: the text and its SHA-512, as one large integer.
    pub(crate) fn from_text(text: &str) -> Mersenne {
        let mut bytes = text.as_bytes().to_vec();
        bytes.extend(Sha512::digest(text.as_bytes()));
        bytes.reverse();
        let word = |chunk: &[u8]| chunk.iter().rev().fold(0u32, |w, b| (w << 8) | u32::from(*b));
        let mut words: Vec<u32> = bytes.chunks(4).map(word).collect();
        while words.len() > 1 && words.last() == Some(&0) {
            words.pop();
        }
        Mersenne::from_words(&words)
    }

    /// `random.Random(int)`.
    pub(crate) fn from_int(seed: u64) -> Mersenne {
        let (low, high) = (seed as u32, (seed >> 32) as u32);
        if high == 0 { Mersenne::from_words(&[low]) } else { Mersenne::from_words(&[low, high]) }
    }

    /// Seeded by the system: with more bits than what is drawn from it (passwords, salts) could give away.
    pub(crate) fn from_system() -> Mersenne {
        let mut seed = [0u8; 64];
        let read = std::fs::File::open("/dev/urandom").and_then(|mut f| f.read_exact(&mut seed));
        let mut words: Vec<u32> = seed.chunks_exact(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
        if read.is_err() {
            // No such device (a bare chroot): the standard library has keys from the system, too.
            for word in &mut words {
                *word = RandomState::new().build_hasher().finish() as u32;
            }
        }
        Mersenne::from_words(&words)
    }

    fn from_words(key: &[u32]) -> Mersenne {
        let mut state = [0u32; SIZE];
        state[0] = 19_650_218;
        for i in 1..SIZE {
            state[i] = mixed(state[i - 1], 1_812_433_253).wrapping_add(i as u32);
        }
        let mut i = 1;
        let mut j = 0;
        for _ in 0..SIZE.max(key.len()) {
            let mix = state[i] ^ mixed(state[i - 1], 1_664_525);
            state[i] = mix.wrapping_add(key[j]).wrapping_add(j as u32);
            i += 1;
            j = (j + 1) % key.len();
            if i == SIZE {
                state[0] = state[SIZE - 1];
                i = 1;
            }
        }
        for _ in 0..SIZE - 1 {
            state[i] = (state[i] ^ mixed(state[i - 1], 1_566_083_941)).wrapping_sub(i as u32);
            i += 1;
            if i == SIZE {
                state[0] = state[SIZE - 1];
                i = 1;
            }
        }
        state[0] = 0x8000_0000;
        Mersenne { state, at: SIZE }
    }

    fn next(&mut self) -> u32 {
        if self.at == SIZE {
            for i in 0..SIZE {
                let y = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % SIZE] & 0x7fff_ffff);
                let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[i] = self.state[(i + SHIFT) % SIZE] ^ (y >> 1) ^ odd;
            }
            self.at = 0;
        }
        let mut y = self.state[self.at];
        self.at += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// `getrandbits(bits)`, up to 64.
    fn bits(&mut self, bits: u32) -> u64 {
        if bits <= 32 {
            return u64::from(self.next() >> (32 - bits));
        }
        let low = u64::from(self.next());
        low | (u64::from(self.next() >> (64 - bits)) << 32)
    }

    /// Text of these characters.
    pub(crate) fn text(&mut self, characters: &str, length: usize) -> String {
        let characters: Vec<char> = characters.chars().collect();
        (0..length).map(|_| characters[self.below(characters.len() as u64) as usize]).collect()
    }

    /// A number below `n`, each as likely as any other.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        let bits = 64 - n.leading_zeros();
        if bits == 0 {
            return 0;
        }
        loop {
            let picked = self.bits(bits);
            if picked < n {
                return picked;
            }
        }
    }
}

fn mixed(word: u32, factor: u32) -> u32 {
    (word ^ (word >> 30)).wrapping_mul(factor)
}
