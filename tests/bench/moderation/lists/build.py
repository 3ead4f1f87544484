#!/usr/bin/env python3
"""Derives config/blocklists/*.txt from openly licensed lists. The rule is told in docs/moderation.md.

    build.py SOURCES

SOURCES holds, as their repositories have them:

    ldnoobw/{en,de,fr,es,it,nl,pt,pl,cy}   LDNOOBW/List-of-Dirty-Naughty-Obscene-and-Otherwise-Bad-Words 5faf2ba (cy: 2eab7a1)
    surge/profanity_en.csv                 surge-ai/profanity 77dabf3
    dsojevic/en.json                       dsojevic/profanity-list c279243
    cuss.json                              npm cuss 2.2.0, its maps as one object by language
    allprofanity/{german,french,spanish,brazilian}-words.js   npm allprofanity 2.4.0, dist/languages
    bad-words-next.json                    npm bad-words-next 3.2.0, the words of de, es, fr and pl as one object by language

Everyday words are told by wordfreq 3.1.1 (PyPI), and rare English ones by Debian's wamerican-huge and wbritish-huge in
/usr/share/dict.
"""

import csv
import json
import re
import sys
import unicodedata
from functools import cache
from pathlib import Path

import wordfreq

HERE = Path(__file__).parent
TARGET = HERE.parents[3] / "config/blocklists"
LANGUAGES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian",
    "nl": "Dutch", "pt": "Portuguese", "pl": "Polish", "cy": "Welsh",
}
DICTIONARIES = ["american-english-huge", "british-english-huge"]
# Languages in which a word may be an everyday one; beside ours those that English conferences meet most.
NEIGHBOURS = ["en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "nb"]

# A word this common (Zipf scale: 4 is ten in a million) is heard every day.
EVERYDAY = 4.0
# A word this common is said in every second conversation.
COMMONEST = 5.0
# A word this common elsewhere has an ordinary sense there.
KNOWN = 3.5
# A form this common is a word of its own.
NAMED = 3.0
# A word this common exists, and is no mistake or invention.
EXISTS = 2.0
# Most innocent words that may contain a term which is looked for within words; they are listed as allowed.
MOST_EXCEPTIONS = 60
# Two halves of a term that stand side by side more often than this by chance (product of their shares) are no disguise.
BY_CHANCE = 1e-8
# Rules of Surge's mean severity (1 mild to 3 severe) and of dsojevic's (1 to 4).
HELD_FROM, STRONG_FROM, SEVERE_FROM = 1.5, 1.8, 2.4

ENDINGS = {"s", "es", "ed", "er", "ers", "ing", "ings", "in", "y", "ty", "ier", "iest", "ish", "z"}
# Where it ends in an e, and in other languages.
ENDINGS_AFTER_E = {"d", "r", "rs"}
OTHER_ENDINGS = {"e", "a", "as", "n", "en", "em", "r"}
AGAINST_PEOPLE = {"racial / ethnic slurs", "sexual orientation / gender", "racial", "lgbtq", "religious"}
SHARP = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "’": "'"})


def fold(text):
    """As the program folds: compatibility form, no accents, lower case."""
    text = unicodedata.normalize("NFKD", text.lower().translate(SHARP))
    return "".join(c for c in text if not unicodedata.combining(c))


def words_of(text):
    return re.findall(r"[a-z0-9]+", fold(text))


def read_lines(path):
    if not path.exists():
        return []
    lines = (line.split("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    return [line for line in lines if line]


def own(name):
    """One of the small lists beside this script: terms of one language under a `[language]` heading."""
    found, language = {}, None
    for line in read_lines(HERE / name):
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            language = heading[1]
        else:
            found.setdefault(language, set()).add(" ".join(words_of(line)))
    return found


@cache
def zipf(word, language):
    return wordfreq.zipf_frequency(word, language) if language != "cy" else 0.0


class Term:
    """What the sources say of one word or phrase."""

    def __init__(self, text, spelled):
        self.text = text
        self.spelled = spelled
        self.sources = set()
        self.surge = None
        self.dsojevic = None
        self.cuss = None
        self.kinds = set()


def gather(sources, language):
    terms = {}

    def note(text, source):
        key = " ".join(words_of(text))
        # What is left of "s&m" or "a_b" is no word any more.
        if not key or any(len(word) < 2 for word in key.split()) or key.isdigit():
            return None
        # Respellings of the sources ("pu55y", "fuckkk") are undone by folding and need no entry.
        if re.search(r"[a-z][0-9]|[0-9][a-z]|[@$*]", fold(text)):
            return None
        term = terms.setdefault(key, Term(key, text.lower().strip()))
        term.sources.add(source)
        return term

    for line in read_lines(sources / "ldnoobw" / language):
        note(line, "ldnoobw")
    cuss = json.loads((sources / "cuss.json").read_text("utf-8"))
    for code in [language, *(["pt-pt"] if language == "pt" else [])]:
        for text, rating in cuss.get(code, {}).items():
            if term := note(text, "cuss"):
                term.cuss = max(rating, term.cuss or 0)
    if language == "en":
        with open(sources / "surge/profanity_en.csv", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if term := note(row["text"], "surge"):
                    term.surge = max(float(row["severity_rating"]), term.surge or 0)
                    term.kinds |= {row[f"category_{n}"] for n in (1, 2, 3)}
        for entry in json.loads((sources / "dsojevic/en.json").read_text("utf-8")):
            for text in entry["match"].replace("*", "").split("|"):
                if term := note(text, "dsojevic"):
                    term.dsojevic = max(entry["severity"], term.dsojevic or 0)
                    term.kinds |= set(entry["tags"])
    file = {"de": "german", "fr": "french", "es": "spanish", "pt": "brazilian"}.get(language)
    if file:
        text = (sources / f"allprofanity/{file}-words.js").read_text("utf-8")
        for found in re.findall(r'^\s*"([^"]+)"', text, re.M):
            note(found, "allprofanity")
    for text in json.loads((sources / "bad-words-next.json").read_text("utf-8")).get(language, []):
        note(text.replace("+", "").replace("*", "").replace("_", " "), "bad-words-next")
    return terms


def ordinary_elsewhere(text, language):
    """The best Zipf frequency of a word in another language that has it more often than its own."""
    if " " in text:
        return 0.0
    at_home = zipf(text, language)
    return max((zipf(text, other) for other in NEIGHBOURS if other != language and zipf(text, other) > at_home + 0.3), default=0.0)


def grade(term, language, ordinary, identity, plain):
    """Which section a term belongs to, or why it belongs to none."""
    text = term.text
    if text in identity:
        return None, "names people"
    if text in plain:
        return None, "plain"
    rated = term.cuss
    elsewhere = ordinary_elsewhere(text, language)
    common = zipf(text, language) if " " not in text else 0.0
    two = len(term.sources) >= 2
    if language == "en":
        surge, dsojevic = term.surge or 0, term.dsojevic or 0
        listed = "ldnoobw" in term.sources or surge >= HELD_FROM or dsojevic >= 2 or (rated == 2 and two)
        if not listed:
            return None, "mild"
        strong = two and (surge >= STRONG_FROM or dsojevic == 4 or (dsojevic == 3 and rated == 2))
        if common >= COMMONEST and rated != 2:
            return None, "everyday"
        slur = term.kinds & AGAINST_PEOPLE and (surge >= SEVERE_FROM or (dsojevic >= 3 and " " not in text))
        # The words of a phrase are ordinary ones; only as a slur does it stand for nothing else.
        if not strong or rated in (0, 1) or text in ordinary or elsewhere >= KNOWN or (" " in text and not slur):
            return "hold", None
        if slur:
            return "mask", None
        return "hide", None
    if rated == 0 or (rated == 1 and not two):
        return None, "plain"
    # Without its accents it may be another word ("coño", "cono").
    if text != term.spelled:
        elsewhere = max(elsewhere, zipf(text, language))
    if elsewhere >= KNOWN or zipf(text, "en") >= KNOWN:
        return None, "everyday elsewhere"
    if not two and rated is None and " " not in text and common >= KNOWN:
        return None, "everyday"
    if two and rated == 2 and text not in ordinary and " " not in text and common < EVERYDAY:
        return "hide", None
    return "hold", None


class Innocent:
    """Ordinary words, to see which of them contain a term."""

    def __init__(self, terms):
        self.within = {term: set() for term in terms}
        self.known = set()
        self.english = {word for word in self.written() if word.isalpha() and word.isascii()}
        heads = {term[:3] for term in terms}
        lengths = sorted({len(term) for term in terms})
        seen = set()
        for word in self.all():
            if word in seen:
                continue
            seen.add(word)
            for at in range(len(word) - 2):
                if word[at : at + 3] in heads:
                    for length in lengths:
                        part = word[at : at + length]
                        if len(part) == length and part in self.within and part != word:
                            self.within[part].add(word)
        self.known = seen

    def containing(self, term):
        return self.within.get(term, set())

    @staticmethod
    def written():
        for name in DICTIONARIES:
            with open(f"/usr/share/dict/{name}", encoding="utf-8") as file:
                yield from (fold(line.strip()) for line in file)

    def all(self):
        yield from self.english
        for language in NEIGHBOURS:
            for text, share in wordfreq.get_frequency_dict(language, "large").items():
                if share >= 10 ** (EXISTS - 9):
                    word = fold(text)
                    if word.isalpha() and word.isascii():
                        yield word


def compound(word, term):
    """Whether a word is a term and another word glued to it."""
    for rest in (word.removeprefix(term), word.removesuffix(term)):
        if rest != word and len(rest) >= 3 and max(zipf(rest, other) for other in NEIGHBOURS) >= KNOWN:
            return True
    return False


def inflected(word, term, language):
    """Whether a word is a term with an ending."""
    endings = ENDINGS | (ENDINGS_AFTER_E if term.endswith("e") else set()) | (OTHER_ENDINGS if language != "en" else set())
    rest = word.removeprefix(term)
    return rest != word and (rest in endings or (rest[:1] == term[-1:] and rest[1:] in endings))


def forms(text, language):
    """The endings that English puts to a word that stands for itself in the list."""
    if language != "en" or re.search(r"(ing|ed|er)$", text):
        return set()
    return {text + "s", text + "ing", re.sub("e$", "", text) + "ing"}


def cut_words(words, term, listed, language):
    """Everyday words that begin or end with a term, whole for where they are spelled, and cut in two; but where the other half
    is one of the commonest words, both halves are what they seem to be."""
    found = set()
    for word in words:
        if word in listed or common(word) < NAMED:
            continue
        for one, other in ((term, word.removeprefix(term)), (word.removesuffix(term), term)):
            rest = other if one == term else one
            if one + other == word:
                found.add(word)
                if len(rest) > 1 and zipf(rest, language) < COMMONEST:
                    found.add(f"{one} {other}")
    return found


def chance(first, second, language):
    """How often two words stand side by side if every word stands where it likes."""
    share = lambda word: 10 ** (zipf(word, language) - 9) if zipf(word, language) else 0.0
    return share(first) * share(second)


def common(word, languages=tuple(LANGUAGES)):
    return max(zipf(word, language) for language in languages)


def slips(word):
    """A word with two neighbouring letters swapped, or with one missing."""
    swapped = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}
    return (swapped | {word[:at] + word[at + 1 :] for at in range(len(word))}) - {word}


def main():
    sources = Path(sys.argv[1])
    ordinary, identity, plain = own("ordinary.txt"), own("identity.txt"), own("plain.txt")
    additions = {name: own(f"{name}.txt") for name in ("hold", "hide")}
    names = own("names.txt").get(None, set()) | set().union(*own("names.txt").values())
    everywhere_identity = set().union(*identity.values())
    graded, left_out, mentioned = {}, {}, set()
    for language in LANGUAGES:
        graded[language] = {}
        for text, term in sorted(gather(sources, language).items()):
            section, why = grade(term, language, ordinary.get(language, set()), everywhere_identity, plain.get(language, set()))
            if section:
                graded[language][text] = section
            else:
                left_out.setdefault(language, {})[text] = why
                # What a source lists is not called innocent, unless it is common or rated as clean.
                if term.cuss != 0 and common(text) < KNOWN:
                    mentioned.add(text)
        for section, found in additions.items():
            for text in found.get(language, ()):
                graded[language][text] = section
    listed = {text for found in graded.values() for text in found}
    singles = {text for found in graded.values() for text in found if " " not in text and len(text) >= 3}
    innocent = Innocent(singles)
    for language, found in graded.items():
        vulgar = {text for text, section in found.items() if section != "hold"} | additions["hold"].get(language, set())
        vulgar -= ordinary.get(language, set())
        write(language, found, listed, mentioned, innocent, vulgar, names if language == "en" else set(), left_out.get(language, {}))


def write(language, found, listed, mentioned, innocent, vulgar, names, left_out):
    sections = {"hold": set(), "hide": set(), "mask": set(), "allow": set(names), "ordinary": set()}
    for name in names:
        if " " not in name:
            sections["allow"] |= {f"{name[:at]} {name[at:]}" for at in range(2, len(name) - 1)}
    for text, section in found.items():
        sections[section].add(text)
        if " " in text:
            continue
        # Halves of it that meet by chance.
        if len(text) >= 4:
            for at in range(1, len(text)):
                if chance(text[:at], text[at:], language) > BY_CHANCE and f"{text[:at]} {text[at:]}" not in listed:
                    sections["allow"].add(f"{text[:at]} {text[at:]}")
        if len(text) < 4:
            sections[section] |= {form for form in forms(text, language) if common(form) < NAMED}
            sections["allow"] |= cut_words(innocent.containing(text), text, listed, language)
            continue
        singular = innocent.within.get(text[:-1], set()) if text.endswith("s") else set()
        around = {
            word for word in innocent.within[text] | {word + "s" for word in singular if word.endswith(text[:-1])}
            if word not in listed
            and not inflected(word, text, language)
            and not (text in vulgar and compound(word, text))
        }
        if not around:
            sections[section].discard(text)
            sections[section].add(f"*{text}*")
            continue
        if not any(word.startswith(text) for word in around):
            sections[section].discard(text)
            sections[section].add(f"{text}*")
        elif not any(word.endswith(text) for word in around):
            sections[section].discard(text)
            sections[section].add(f"*{text}")
        sections[section] |= {form for form in forms(text, language) if common(form) < NAMED}
        # A family of everyday words that begins with it has more members than any list.
        has_family = any(word.startswith(text) and common(word) >= KNOWN for word in around)
        # Words of other languages are excused as well, and do not count: few of them come along.
        own = {word for word in around if word in innocent.english or zipf(word, language) >= EXISTS}
        if len(own) <= MOST_EXCEPTIONS and not has_family:
            # It may well be the beginning of a name that no dictionary has: a person decides.
            sections["hold"].add(f"*{text}*")
            sections["allow"] |= around
        sections["allow"] |= cut_words(around, text, listed, language)
    sections["allow"] -= listed | mentioned
    for section in ("hold", "hide", "mask"):
        # What is another word when it is read from its end.
        backwards = {entry.strip("*")[::-1] for entry in sections[section] if " " not in entry}
        sections["allow"] |= {word for word in backwards if len(word) > 4 and word in innocent.known and word not in listed}
    # What a wildcard of the same section finds anyway.
    for section in ("hold", "hide", "mask"):
        within = {entry.strip("*") for entry in sections[section] if re.fullmatch(r"\*.*\*", entry)}
        sections[section] = {
            # Halves are put together to whole entries only, so the longer ones stay, as words.
            entry.strip("*") if any(core in entry and core != entry.strip("*") for core in within) else entry
            for entry in sections[section] if entry not in within
        }
    # There is no word list of Welsh to tell its ordinary words by.
    if language != "cy":
        bad = {entry.strip("*") for section in ("hold", "hide", "mask") for entry in sections[section]}
        single = {text for text in bad if re.fullmatch("[a-z]{4,}", text)}
        sections["ordinary"] = {slip for text in single for slip in slips(text) if slip in innocent.known} - bad
    lines = [
        f"# {LANGUAGES[language]}. Derived by tests/bench/moderation/lists/build.py; docs/moderation.md says by which rule.",
        "# Sources and licences: LICENSES.md. Contains words that hurt; for matching only.",
        "",
    ]
    said = {
        "hold": "Held until a person decides.",
        "hide": "Kept off the wall.",
        "mask": "Kept off the wall, and masked in the console.",
        "allow": "Innocent words in which an entry is found, and innocent neighbours that make one together.",
        "ordinary": "Words that are an entry with two letters swapped or one missing, and mean something else.",
    }
    for section, title in said.items():
        if sections[section]:
            lines += [f"# {title}", f"[{section}]", *sorted(sections[section], key=lambda entry: (entry.strip("*"), entry)), ""]
    TARGET.mkdir(parents=True, exist_ok=True)
    (TARGET / f"{language}.txt").write_text("\n".join(lines[:-1]) + "\n", "utf-8")
    counts = {name: len(entries) for name, entries in sections.items()}
    print(language, counts, "left out:", len(left_out))
    if "--show" in sys.argv:
        print("  left out:", ", ".join(f"{text} ({why})" for text, why in sorted(left_out.items())))


if __name__ == "__main__":
    main()
