//! Ids that nobody can guess, from the system's generator.

use std::{
    fs::File,
    io::{self, Read as _},
};

/// Where ids come from.
pub(crate) struct Ids {
    system: io::BufReader<File>,
}

impl Ids {
    pub(crate) fn open() -> io::Result<Self> {
        let system = File::open("/dev/urandom")?;
        Ok(Self { system: io::BufReader::with_capacity(1024, system) })
    }

    /// 32 hexadecimal digits.
    pub(crate) fn hex(&mut self) -> String {
        let mut bytes = [0; 16];
        self.system.read_exact(&mut bytes).expect("the system's generator always gives bytes");
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.system.read_exact(&mut bytes).expect("the system's generator always gives bytes");
        u64::from_le_bytes(bytes) % bound.max(1)
    }
}
