//! Sends what is due, and tries again later what could not be sent. Nothing waits for it.

use std::{sync::Arc, thread, time::Duration};

use base::{Clock, Timestamp};
use store::{Delivery, Store};
use ureq::Agent;

use super::sign::signature;
use crate::{Cancel, Error, shared::Current};

/// How often the outbox is looked at.
const INTERVAL: Duration = Duration::from_millis(500);
/// How long a receiver may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Deliveries of one webhook that are taken at a time.
const TURN: usize = 16;
/// The first pause after a failure; each one after it is twice as long, up to [`LONGEST`].
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// Attempts before a delivery is given up: with the pauses above, more than a day.
const ATTEMPTS: u64 = 36;

/// What the sender is started with.
pub(crate) struct Settings {
    pub(crate) store: Store,
    pub(crate) project: Current,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cancel: Cancel,
}

/// Sends until it is asked to end. Each webhook has a thread of its own, so that one that hangs keeps no other waiting.
pub(crate) fn start(settings: Settings) -> thread::JoinHandle<()> {
    let settings = Arc::new(settings);
    thread::spawn(move || {
        let mut senders: Vec<(String, thread::JoinHandle<()>)> = Vec::new();
        while !settings.cancel.is_cancelled() {
            senders.retain(|(_, sender)| !sender.is_finished());
            for name in settings.project.get().spec.webhooks.keys().map(ToString::to_string) {
                if senders.iter().any(|(running, _)| *running == name) || !settings.has_work(&name) {
                    continue;
                }
                let (settings, webhook) = (Arc::clone(&settings), name.clone());
                senders.push((name, thread::spawn(move || settings.send_due(&webhook))));
            }
            thread::sleep(INTERVAL);
        }
    })
}

impl Settings {
    fn has_work(&self, webhook: &str) -> bool {
        self.store.due_deliveries(webhook, self.clock.now(), 1).is_ok_and(|due| !due.is_empty())
    }

    /// Sends what is due to one webhook. What fails stays due, so an error ends the turn and no more.
    fn send_due(&self, webhook: &str) {
        let agent = agent();
        let due = self.store.due_deliveries(webhook, self.clock.now(), TURN).unwrap_or_default();
        for delivery in due {
            if self.cancel.is_cancelled() || self.settle(&agent, webhook, &delivery).is_err() {
                return;
            }
        }
    }

    fn settle(&self, agent: &Agent, webhook: &str, delivery: &Delivery) -> Result<(), Error> {
        let project = self.project.get();
        let Some(target) = project.spec.webhooks.iter().find(|(name, _)| name.as_str() == webhook) else {
            return Ok(self.store.abandon(delivery.id, "the project no longer declares the webhook")?);
        };
        match self.send(agent, target.1, delivery) {
            Ok(()) => Ok(self.store.delivered(delivery.id)?),
            Err(why) if delivery.attempts + 1 >= ATTEMPTS => Ok(self.store.abandon(delivery.id, &why)?),
            Err(why) => {
                let next = later(self.clock.now(), pause(delivery.attempts));
                Ok(self.store.failed(delivery.id, &why, next)?)
            }
        }
    }

    fn send(&self, agent: &Agent, webhook: &spec::Webhook, delivery: &Delivery) -> Result<(), String> {
        let timestamp = self.clock.now().micros() / 1_000_000;
        let signed = signature(webhook.secret.reveal(), &delivery.event_id, timestamp, &delivery.body);
        let answer = agent
            .post(&webhook.url)
            .header("content-type", "application/cloudevents+json")
            .header("webhook-id", &delivery.event_id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", signed)
            .send(&delivery.body);
        match answer {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("it answered {}", answer.status())),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// No redirects: what is signed for one place goes to no other.
fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(PATIENCE))
        .user_agent("kaizen-webhook")
        .build();
    Agent::new_with_config(config)
}

fn pause(attempts: u64) -> Duration {
    FIRST.saturating_mul(1 << attempts.min(16) as u32).min(LONGEST)
}

fn later(now: Timestamp, pause: Duration) -> Timestamp {
    Timestamp::from_micros(now.micros().saturating_add(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{ATTEMPTS, LONGEST, pause};

    #[test]
    fn pauses_double_up_to_an_hour_and_last_more_than_a_day_in_all() {
        assert_eq!(pause(0), Duration::from_secs(2));
        assert_eq!(pause(3), Duration::from_secs(16));
        assert_eq!(pause(40), LONGEST);
        let all: Duration = (0..ATTEMPTS - 1).map(pause).sum();
        assert!(all > Duration::from_secs(24 * 60 * 60));
    }
}
