//! `kill -9` in the middle of what four clients log: all that was acknowledged is there, to the bit and once.

use std::{thread, time::Duration};

use base::Random;
use rustix::process::Signal;

use super::{client::Client, logging::Logger};
use crate::{context::TestContext, server_command::server};

const CLIENTS: u64 = 4;
const ROUNDS: u64 = 6;

#[test]
fn all_that_four_clients_were_told_is_kept_is_there_after_every_kill() {
    let context = TestContext::empty();
    let (mut running, url) = server(&context, &[]);
    let mut loggers: Vec<_> = (0..CLIENTS).map(|seed| Logger::new(&url, seed)).collect();
    let mut random = Random::new(9);
    for round in 0..ROUNDS {
        thread::scope(|scope| {
            for logger in &mut loggers {
                scope.spawn(|| assert!(logger.log().is_none(), "a write was refused"));
            }
            thread::sleep(Duration::from_millis(50 + random.below(500) as u64));
            running.signal(Signal::KILL);
        });
        let (again, url) = server(&context, &[]);
        running = again;
        for logger in &mut loggers {
            logger.go_to(&url);
            logger.ledger.check(&mut Client::new(&url));
        }
        assert!(round + 1 < ROUNDS || loggers.iter().all(|logger| logger.ledger.size() > 100), "too little");
    }
    running.interrupt().code(0);
}
