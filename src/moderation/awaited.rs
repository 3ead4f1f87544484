//! Rules whose answer takes time: a program that is asked, pictures that are fetched and looked at. Until the answer is
//! there, the post is held; how it comes is no business of the rules.

use super::{Action, Case, ModerationSettings, Reason, RepostsPolicy, Verdict, rule};
use crate::post::{Kind, Media, MediaKind, Post, Standing};

/// Pictures of one post that are looked at.
const MOST_PICTURES: usize = 8;

/// Holds a post for the answers that these rules await of it. Trusted authors do not wait, so nobody is asked about them.
pub(super) fn ask(case: &mut Case<'_>) {
    let settings = &case.rules.settings;
    if case.post.kind == Kind::Repost && settings.reposts != RepostsPolicy::Show {
        return;
    }
    let looks = settings.like_hidden_pictures != Action::Show && !pictures(case.post).is_empty();
    for (rule, asks) in [
        (rule::JUDGE, settings.judge.is_some()),
        (rule::LIKE_HIDDEN_PICTURES, looks),
    ] {
        if asks {
            case.fired.push(Reason {
                waiting: true,
                ..Reason::of(rule, Standing::Held)
            });
        }
    }
}

/// Addresses of the pictures that a post shows, smaller ones where there are any.
pub fn pictures(post: &Post) -> Vec<&str> {
    let address = |media: &'_ Media| match media.kind {
        MediaKind::Image | MediaKind::Gif | MediaKind::Unknown => true,
        MediaKind::Video => media.preview.is_some(),
        MediaKind::Audio => false,
    };
    let shown = post.media.iter().filter(|media| address(media));
    shown
        .filter_map(|media| media.preview.as_deref().or(media.url.as_deref()))
        .take(MOST_PICTURES)
        .collect()
}

impl Verdict {
    /// Whether a rule's answer is awaited.
    pub fn awaits(&self, rule: &str) -> bool {
        let mut reasons = self.reasons.iter();
        reasons.any(|reason| reason.waiting && reason.rule == rule)
    }

    /// Whether it stands where it stands whatever the answers will be.
    pub fn stands_without_answers(&self) -> bool {
        let mut firm = self.reasons.iter().filter(|reason| !reason.waiting);
        self.standing == Standing::Shown || firm.any(|reason| reason.outcome == self.standing)
    }

    /// The verdict once a rule has answered.
    #[must_use]
    pub fn answered(&self, rule: &str, answer: Vec<Reason>) -> Self {
        let before = self.reasons.iter();
        let others = before.filter(|reason| !(reason.waiting && reason.rule == rule));
        super::weigh(others.cloned().chain(answer).collect(), false)
    }

    /// The verdict without answers that are awaited no longer, where there are such: their rule was switched off.
    pub fn released(&self, settings: &ModerationSettings) -> Option<Self> {
        let off = [
            (rule::JUDGE, settings.judge.is_none()),
            (
                rule::LIKE_HIDDEN_PICTURES,
                settings.like_hidden_pictures == Action::Show,
            ),
        ];
        let over = off
            .into_iter()
            .filter(|(rule, off)| *off && self.awaits(rule));
        over.fold(None, |so_far: Option<Self>, (rule, _)| {
            let before = so_far.as_ref().unwrap_or(self);
            Some(before.answered(rule, Vec::new()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(rule: &str) -> Reason {
        Reason {
            waiting: true,
            ..Reason::of(rule, Standing::Held)
        }
    }

    fn verdict(reasons: Vec<Reason>) -> Verdict {
        super::super::weigh(reasons, false)
    }

    #[test]
    fn an_answer_takes_its_own_place_and_no_other() {
        let before = verdict(vec![
            waiting(rule::JUDGE),
            waiting(rule::LIKE_HIDDEN_PICTURES),
        ]);
        assert!(!before.stands_without_answers());
        let fine = before.answered(rule::JUDGE, Vec::new());
        assert_eq!(fine.standing, Standing::Held);
        assert!(!fine.awaits(rule::JUDGE) && fine.awaits(rule::LIKE_HIDDEN_PICTURES));
        let all = fine.answered(rule::LIKE_HIDDEN_PICTURES, Vec::new());
        assert_eq!(all, Verdict::shown());
        let bad = before.answered(rule::JUDGE, vec![Reason::of(rule::JUDGE, Standing::Hidden)]);
        assert_eq!(bad.standing, Standing::Hidden);
        assert!(bad.stands_without_answers());
    }

    #[test]
    fn what_waited_for_a_rule_that_is_off_is_let_go_and_nothing_else() {
        let held = Reason::of(rule::LINKS, Standing::Held);
        let off = ModerationSettings::default();
        let before = verdict(vec![waiting(rule::JUDGE), held.clone()]);
        assert_eq!(before.released(&off), Some(verdict(vec![held])));
        let alone = verdict(vec![
            waiting(rule::JUDGE),
            waiting(rule::LIKE_HIDDEN_PICTURES),
        ]);
        assert_eq!(alone.released(&off), Some(Verdict::shown()));
        let on = ModerationSettings {
            like_hidden_pictures: Action::Hide,
            ..off
        };
        let left = alone.released(&on).unwrap();
        assert!(left.awaits(rule::LIKE_HIDDEN_PICTURES) && !left.awaits(rule::JUDGE));
        assert_eq!(left.released(&on), None);
    }
}
