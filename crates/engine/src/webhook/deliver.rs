//! Sends what is due, and tries again later what could not be sent. Nothing waits for it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::Duration,
};

use base::{Clock, Timestamp};
use store::{Delivery, DeliveryFilter, DeliveryStatus, Store};
use ureq::Agent;

use super::sign::signature;
use crate::{Cancel, Error, Event, engine::Observer, shared::Current};

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
/// How often what nobody needs any more is taken away.
const TIDYING: Duration = Duration::from_secs(60);
/// Deliveries that have ended and are kept, to be looked at.
const KEPT: usize = 1_000;

/// Why a delivery to a webhook that was taken from the project file is given up.
const UNDECLARED: &str = "the project no longer declares the webhook";

/// What the sender is started with.
pub(crate) struct Settings {
    pub(crate) store: Store,
    pub(crate) project: Current,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Observer,
    pub(crate) cancel: Cancel,
}

/// Sends until it is asked to end. Each webhook has a thread of its own, so that one that hangs keeps no other waiting.
pub(crate) fn start(settings: Settings) -> thread::JoinHandle<()> {
    let settings = Arc::new(settings);
    thread::spawn(move || {
        let mut senders = Vec::new();
        let (mut declared, mut tidied) = (None, Duration::ZERO);
        while !settings.cancel.is_cancelled() {
            let (names, now) = (settings.declared(), settings.clock.elapsed());
            if declared.as_ref() != Some(&names) || now.saturating_sub(tidied) >= TIDYING {
                settings.tidy(&names);
                tidied = now;
            }
            start_senders(&settings, &names, &mut senders);
            declared = Some(names);
            thread::sleep(INTERVAL);
        }
    })
}

/// A webhook with the thread that sends to it.
type Sender = (String, thread::JoinHandle<()>);

/// Starts a sender for each webhook that has something due and no sender yet.
fn start_senders(settings: &Arc<Settings>, declared: &[String], senders: &mut Vec<Sender>) {
    senders.retain(|(_, sender)| !sender.is_finished());
    for name in declared {
        if senders.iter().any(|(running, _)| running == name) || !settings.has_work(name) {
            continue;
        }
        let (settings, webhook) = (Arc::clone(settings), name.clone());
        senders.push((name.clone(), thread::spawn(move || settings.send_due(&webhook))));
    }
}

impl Settings {
    /// The webhooks that the project declares.
    fn declared(&self) -> Vec<String> {
        self.project.get().spec.webhooks.keys().map(ToString::to_string).collect()
    }

    fn has_work(&self, webhook: &str) -> bool {
        self.store.due_deliveries(webhook, self.clock.now(), 1).is_ok_and(|due| !due.is_empty())
    }

    /// Gives up what waits for a webhook that is no longer declared, and takes away what ended long ago. What fails is
    /// done the next time.
    fn tidy(&self, declared: &[String]) {
        let waiting = DeliveryFilter { status: Some(DeliveryStatus::Waiting), ..DeliveryFilter::default() };
        let waiting = self.store.deliveries(&waiting).unwrap_or_default();
        for delivery in waiting.iter().filter(|delivery| !declared.contains(&delivery.webhook)) {
            let _ = self.store.abandon(delivery.id, UNDECLARED);
        }
        let _ = self.store.prune_deliveries(KEPT);
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
            return Ok(self.store.abandon(delivery.id, UNDECLARED)?);
        };
        // One that panics is tried again later like any that fails, and keeps those after it from nothing.
        let sent = catch_unwind(AssertUnwindSafe(|| self.send(agent, target.1, delivery)));
        match sent.unwrap_or_else(|_| Err("sending it panicked".to_owned())) {
            Ok(()) => Ok(self.store.delivered(delivery.id)?),
            Err(why) => self.put_off(delivery, &why),
        }
    }

    /// Has it tried again later, or gives it up; the operator hears of the first failure and of the last.
    fn put_off(&self, delivery: &Delivery, why: &str) -> Result<(), Error> {
        if delivery.attempts + 1 >= ATTEMPTS {
            self.store.abandon(delivery.id, why)?;
            self.tell(delivery, &format!("{why}; it is given up after {ATTEMPTS} attempts"));
        } else {
            let next = later(self.clock.now(), pause(delivery.attempts));
            self.store.failed(delivery.id, why, next)?;
            if delivery.attempts == 0 {
                self.tell(delivery, &format!("{why}; it is tried again"));
            }
        }
        Ok(())
    }

    fn tell(&self, delivery: &Delivery, why: &str) {
        let why = format!("was not told of {} {}: {why}", delivery.kind, delivery.subject);
        (self.observer)(&Event::Webhook { webhook: delivery.webhook.clone(), why });
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
    use std::{
        fs,
        sync::{Arc, Mutex},
        time::Duration,
    };

    use base::{FixedClock, Timestamp};
    use store::{DeliveryFilter, DeliveryStatus, NewDelivery, Store};

    use super::{ATTEMPTS, LONGEST, Settings, UNDECLARED, agent, pause};
    use crate::{Cancel, Event, Project, Variables, shared::Current};

    struct Scene {
        settings: Settings,
        said: Arc<Mutex<Vec<String>>>,
        _folder: tempfile::TempDir,
    }

    impl Scene {
        /// A project that declares the webhook `ours`, where nothing listens, and has this to deliver.
        fn delivering(webhooks: &[&str]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let text = "[project]\nname = \"rides\"\n\n[webhook.ours]\nurl = \"http://127.0.0.1:1\"\n\
                secret = \"a secret of 16 bytes\"\n";
            fs::write(folder.path().join("kaizen.toml"), text).unwrap();
            let clock = Arc::new(FixedClock::at(Timestamp::from_micros(0)));
            let store = Store::open(&folder.path().join("store"), clock.clone()).unwrap();
            for (number, webhook) in webhooks.iter().enumerate() {
                store.enqueue(&delivery(number, webhook)).unwrap();
            }
            let said = Arc::new(Mutex::new(Vec::new()));
            let hear = Arc::clone(&said);
            let observer = move |event: &Event| {
                if let Event::Webhook { webhook, why } = event {
                    hear.lock().unwrap().push(format!("{webhook} {why}"));
                }
            };
            let project = Current::new(Project::load(folder.path(), &Variables::default()).unwrap());
            let cancel = Cancel::default();
            let settings = Settings { store, project, clock, observer: Arc::new(observer), cancel };
            Self { settings, said, _folder: folder }
        }

        fn statuses(&self) -> Vec<DeliveryStatus> {
            let mut all = self.settings.store.deliveries(&DeliveryFilter::default()).unwrap();
            all.reverse();
            all.iter().map(|delivery| delivery.status).collect()
        }
    }

    fn delivery(number: usize, webhook: &str) -> NewDelivery {
        NewDelivery {
            webhook: webhook.to_owned(),
            event_id: number.to_string(),
            kind: "dev.kaizen.ticket.opened".to_owned(),
            subject: "ticket/1".to_owned(),
            body: "{}".to_owned(),
        }
    }

    #[test]
    fn what_waits_for_a_webhook_that_is_gone_is_given_up() {
        let scene = Scene::delivering(&["ours", "gone"]);
        scene.settings.tidy(&scene.settings.declared());
        assert_eq!(scene.statuses(), [DeliveryStatus::Waiting, DeliveryStatus::Abandoned]);
        let gone = DeliveryFilter { webhook: Some("gone".to_owned()), ..DeliveryFilter::default() };
        let gone = scene.settings.store.deliveries(&gone).unwrap();
        assert_eq!(gone[0].error.as_deref(), Some(UNDECLARED));
    }

    #[test]
    fn the_first_failure_and_the_last_are_told_and_none_between() {
        let scene = Scene::delivering(&["ours"]);
        for attempt in 0..ATTEMPTS {
            let all = scene.settings.store.deliveries(&DeliveryFilter::default()).unwrap();
            assert_eq!((all[0].attempts, all[0].status), (attempt, DeliveryStatus::Waiting));
            scene.settings.settle(&agent(), "ours", &all[0]).unwrap();
        }
        assert_eq!(scene.statuses(), [DeliveryStatus::Abandoned]);
        let said = scene.said.lock().unwrap();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].starts_with("ours was not told of dev.kaizen.ticket.opened ticket/1:"), "{said:?}");
        assert!(said[0].ends_with("it is tried again") && said[1].contains("given up after 36"), "{said:?}");
    }

    #[test]
    fn pauses_double_up_to_an_hour_and_last_more_than_a_day_in_all() {
        assert_eq!(pause(0), Duration::from_secs(2));
        assert_eq!(pause(3), Duration::from_secs(16));
        assert_eq!(pause(40), LONGEST);
        let all: Duration = (0..ATTEMPTS - 1).map(pause).sum();
        assert!(all > Duration::from_secs(24 * 60 * 60));
    }
}
