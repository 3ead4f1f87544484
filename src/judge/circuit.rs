//! When a program that fails is asked again: a circuit breaker. Pure; the moment is passed in.

use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row after which it is not asked for a while.
const MOST_FAILURES: u32 = 5;
/// How long it is left alone first, and at most; each failed trial doubles it.
const FIRST_REST: Duration = Duration::from_secs(30);
const LONGEST_REST: Duration = Duration::from_mins(5);

/// What may be done with a post that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Ask.
    Ask,
    /// Ask about this one alone and see.
    Try,
    /// A trial is under way.
    Wait,
    /// It is not asked now.
    Refuse,
}

/// The breaker. Closed at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Circuit {
    failures: u32,
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    until: Instant,
    rest: Duration,
    trying: bool,
}

impl Circuit {
    /// What may be done now.
    pub fn turn(&self, now: Instant) -> Turn {
        match self.open {
            None => Turn::Ask,
            Some(Open { trying: true, .. }) => Turn::Wait,
            Some(Open { until, .. }) if now >= until => Turn::Try,
            Some(_) => Turn::Refuse,
        }
    }

    /// Notes that it is asked after [`Turn::Try`].
    pub fn tries(&mut self) {
        if let Some(open) = &mut self.open {
            open.trying = true;
        }
    }

    /// Notes a proper answer.
    pub fn answered(&mut self) {
        *self = Self::default();
    }

    /// Notes a failure.
    pub fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        let rest = match self.open {
            None if self.failures < MOST_FAILURES => return,
            None => FIRST_REST,
            Some(open) if open.trying => (open.rest * 2).min(LONGEST_REST),
            // It was asked before it opened.
            Some(_) => return,
        };
        self.open = Some(Open {
            until: now + rest,
            rest,
            trying: false,
        });
    }

    /// Failures in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Whether it is left alone, or tried again.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_failures(many: u32, now: Instant) -> Circuit {
        let mut circuit = Circuit::default();
        for _ in 0..many {
            circuit.failed(now);
        }
        circuit
    }

    #[test]
    fn five_failures_in_a_row_open_it_for_half_a_minute() {
        let now = Instant::now();
        assert_eq!(after_failures(4, now).turn(now), Turn::Ask);
        let mut circuit = after_failures(4, now);
        circuit.answered();
        circuit.failed(now);
        assert_eq!(circuit.turn(now), Turn::Ask);
        let circuit = after_failures(5, now);
        assert!(circuit.is_open());
        assert_eq!(circuit.turn(now + FIRST_REST / 2), Turn::Refuse);
        assert_eq!(circuit.turn(now + FIRST_REST), Turn::Try);
    }

    #[test]
    fn a_late_failure_does_not_lengthen_its_rest() {
        let now = Instant::now();
        let mut circuit = after_failures(5, now);
        circuit.failed(now + Duration::from_secs(10));
        assert_eq!(circuit.turn(now + FIRST_REST), Turn::Try);
    }

    #[test]
    fn one_trial_at_a_time_closes_it_or_doubles_its_rest_up_to_a_bound() {
        let mut now = Instant::now();
        let mut circuit = after_failures(5, now);
        let mut rest = FIRST_REST;
        for _ in 0..6 {
            now += rest;
            assert_eq!(circuit.turn(now), Turn::Try);
            circuit.tries();
            assert_eq!(circuit.turn(now), Turn::Wait);
            circuit.failed(now);
            rest = (rest * 2).min(LONGEST_REST);
            assert_eq!(circuit.turn(now + rest / 2), Turn::Refuse);
        }
        assert_eq!(rest, LONGEST_REST);
        now += rest;
        circuit.tries();
        circuit.answered();
        assert_eq!(circuit.turn(now), Turn::Ask);
        assert!(!circuit.is_open() && circuit.failures() == 0);
    }
}
