//! How often somebody may try to sign in: five times a minute, then after waits that grow.
//!
//! Counted by address and by name. One address may be a whole venue, and whoever knows a moderator's name could keep them out
//! by trying it, so the waits stay short; a one-time link needs no guessing, is not counted, and always lets its owner in.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use jiff::Timestamp;

use super::person::folded;

/// Tries before the first wait.
const FREE: u32 = 5;
/// Quiet time after which fewer tries than that are forgotten.
const WINDOW: Duration = Duration::from_mins(1);
/// Quiet time after which waits begin anew.
const FORGET: Duration = Duration::from_hours(1);
/// The first wait; each further try doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// Longest wait of an address.
const MAX_WAIT_ADDRESS: Duration = Duration::from_mins(5);
/// Longest wait of a name, which its owner has to bear as well.
const MAX_WAIT_NAME: Duration = Duration::from_secs(30);
/// Addresses and names kept. When it is full and nothing can be forgotten, further ones are not counted; those that are
/// kept stay limited.
const MAX_KEPT: usize = 20_000;

/// Seconds between two clearings.
const CLEAR_EVERY: i64 = 10;

/// Too many tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts to sign in; try again in {} s", .0.as_secs().max(1))]
pub struct Wait(pub Duration);

/// The tries of late. Time is passed in.
#[derive(Debug, Default)]
pub struct Attempts {
    tries: DashMap<Key, Tries>,
    /// When forgotten tries were last cleared away, in seconds: looking through all of them at each try would be a way
    /// to keep the service busy.
    cleared_at: AtomicI64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Address(IpAddr),
    Name(String),
}

#[derive(Debug, Clone, Copy)]
struct Tries {
    count: u32,
    last: Timestamp,
}

impl Attempts {
    /// Counts a try before its password is looked at, so that many at once don't slip through. A refused try is not counted.
    pub fn begin(&self, address: IpAddr, name: &str, now: Timestamp) -> Result<(), Wait> {
        let keys = keys(address, name);
        let wait = keys
            .iter()
            .filter_map(|key| self.tries.get(key).map(|tries| tries.wait(key, now)))
            .max()
            .unwrap_or_default();
        if !wait.is_zero() {
            return Err(Wait(wait));
        }
        for key in keys {
            self.count(key, now);
        }
        Ok(())
    }

    /// Forgets the tries of somebody who got in.
    pub fn succeeded(&self, address: IpAddr, name: &str) {
        for key in keys(address, name) {
            self.tries.remove(&key);
        }
    }

    fn count(&self, key: Key, now: Timestamp) {
        if self.tries.len() >= MAX_KEPT {
            self.clear(now);
            if self.tries.len() >= MAX_KEPT && !self.tries.contains_key(&key) {
                return;
            }
        }
        let mut tries = self.tries.entry(key).or_insert(Tries {
            count: 0,
            last: now,
        });
        if tries.is_forgotten(now) {
            tries.count = 0;
        }
        tries.count = tries.count.saturating_add(1);
        tries.last = now;
    }
}

impl Attempts {
    /// Clears forgotten tries away, once in [`CLEAR_EVERY`] at most.
    fn clear(&self, now: Timestamp) {
        let last = self.cleared_at.load(Ordering::Relaxed);
        let due = now.as_second() >= last.saturating_add(CLEAR_EVERY);
        let mine = || {
            self.cleared_at
                .compare_exchange(last, now.as_second(), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        };
        if due && mine() {
            self.tries.retain(|_, tries| !tries.is_forgotten(now));
        }
    }
}

impl Tries {
    fn is_forgotten(&self, now: Timestamp) -> bool {
        let quiet = if self.count < FREE { WINDOW } else { FORGET };
        since(self.last, now) >= quiet
    }

    /// How long this still has to wait.
    fn wait(&self, key: &Key, now: Timestamp) -> Duration {
        let Some(beyond) = self.count.checked_sub(FREE) else {
            return Duration::ZERO;
        };
        if self.is_forgotten(now) {
            return Duration::ZERO;
        }
        let longest = match key {
            Key::Address(_) => MAX_WAIT_ADDRESS,
            Key::Name(_) => MAX_WAIT_NAME,
        };
        let whole = FIRST_WAIT
            .saturating_mul(2_u32.saturating_pow(beyond))
            .min(longest);
        whole.saturating_sub(since(self.last, now))
    }
}

/// Both things that a try is counted under. An IPv6 network counts as one address, since every visitor has a whole one.
fn keys(address: IpAddr, name: &str) -> [Key; 2] {
    let address = match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    };
    [Key::Address(address), Key::Name(folded(name))]
}

/// Time gone by; none where the clock went back.
fn since(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn five_tries_then_growing_waits_up_to_a_bound() {
        let attempts = Attempts::default();
        for _ in 0..5 {
            attempts.begin(address(1), "ada", at(0)).unwrap();
        }
        let mut now = 0;
        let mut waits = Vec::new();
        for _ in 0..8 {
            let Wait(wait) = attempts.begin(address(1), "other", at(now)).unwrap_err();
            waits.push(wait.as_secs());
            now += i64::try_from(wait.as_secs()).unwrap();
            attempts
                .begin(address(1), &format!("name {now}"), at(now))
                .unwrap();
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300]);
    }

    #[test]
    fn a_name_is_counted_over_addresses_and_its_owner_waits_shortly() {
        let attempts = Attempts::default();
        for n in 0..5 {
            attempts.begin(address(n), "Ada", at(0)).unwrap();
        }
        assert_eq!(
            attempts.begin(address(9), "ADA", at(1)),
            Err(Wait(Duration::from_secs(4)))
        );
        attempts.begin(address(9), "grace", at(1)).unwrap();
        let mut now = 0;
        for n in 20..40 {
            let Wait(wait) = attempts.begin(address(n), "ada", at(now)).unwrap_err();
            assert!(wait <= MAX_WAIT_NAME);
            now += i64::try_from(wait.as_secs()).unwrap();
            attempts.begin(address(n), "ada", at(now)).unwrap();
        }
    }

    #[test]
    fn quiet_and_success_are_rewarded() {
        let attempts = Attempts::default();
        for minute in 0..20 {
            for _ in 0..4 {
                attempts.begin(address(1), "ada", at(60 * minute)).unwrap();
            }
        }
        for _ in 0..1 {
            attempts.begin(address(1), "ada", at(1140)).unwrap();
        }
        assert!(attempts.begin(address(1), "ada", at(1141)).is_err());
        attempts.succeeded(address(1), "ADA");
        attempts.begin(address(1), "ada", at(1141)).unwrap();
        let hour = 3600;
        for _ in 0..4 {
            attempts.begin(address(1), "ada", at(1141)).unwrap();
        }
        assert!(attempts.begin(address(1), "ada", at(1142)).is_err());
        for _ in 0..5 {
            attempts.begin(address(1), "ada", at(1141 + hour)).unwrap();
        }
    }

    #[test]
    fn an_ipv6_network_is_one_address_and_a_mapped_one_is_itself() {
        let attempts = Attempts::default();
        for n in 0..5 {
            let address: IpAddr = format!("2001:db8::{n}").parse().unwrap();
            attempts.begin(address, &n.to_string(), at(0)).unwrap();
        }
        assert!(
            attempts
                .begin("2001:db8::99".parse().unwrap(), "x", at(0))
                .is_err()
        );
        attempts
            .begin("2001:db8:0:1::".parse().unwrap(), "x", at(0))
            .unwrap();
        assert_eq!(
            keys("::ffff:192.0.2.1".parse().unwrap(), "x"),
            keys(address(1), "x")
        );
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let attempts = Attempts::default();
        for n in 0..u32::try_from(MAX_KEPT).unwrap() {
            let address = IpAddr::from(n.to_be_bytes());
            attempts.begin(address, &n.to_string(), at(0)).unwrap();
        }
        assert!(attempts.tries.len() <= MAX_KEPT);
        attempts.begin(address(1), "late", at(61)).unwrap();
        assert_eq!(attempts.tries.len(), 2);
    }
}
