"""Make the table of characters that look like Latin letters and digits, from their Unicode names and decompositions.

python tools/confusables.py > src/accord/data/content/confusables.tsv
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator

# capital and small letters of other alphabets, by what they look like in common fonts; written down by looking at them
ALIKE = {
    "CYRILLIC": {
        "CAPITAL": "A=A VE=B IE=E KA=K EM=M EN=H O=O ER=P ES=C TE=T U=Y HA=X DZE=S BYELORUSSIAN-UKRAINIAN I=I JE=J "
        "SHHA=h QA=Q WE=W KOMI SJE=G STRAIGHT U=Y YI=I IO=E SOFT SIGN=b DWE=d IZHITSA=V",
        "SMALL": "A=a IE=e O=o ER=p ES=c U=y HA=x DZE=s BYELORUSSIAN-UKRAINIAN I=i JE=j PALOCHKA=l SHHA=h QA=q WE=w "
        "STRAIGHT U=y YI=i IO=e KOMI DE=d GHE=r TE=t VE=b KA=k EM=m EN=h PE=n I=u SHORT I=u IZHITSA=v SOFT SIGN=b "
        "ABKHASIAN HA=x DZZE=v IOTIFIED A=a",
    },
    "GREEK": {
        "CAPITAL": "ALPHA=A BETA=B EPSILON=E ZETA=Z ETA=H IOTA=I KAPPA=K MU=M NU=N OMICRON=O RHO=P TAU=T "
        "UPSILON=Y CHI=X",
        "SMALL": "ALPHA=a BETA=b EPSILON=e ETA=n IOTA=i KAPPA=k NU=v OMICRON=o RHO=p TAU=t UPSILON=u CHI=x OMEGA=w "
        "GAMMA=y SIGMA=o FINAL SIGMA=c",
    },
    "ARMENIAN": {
        "CAPITAL": "AYB=U SEH=U VO=N OH=O TIWN=S HO=Z",
        "SMALL": "AYB=w VO=n OH=o SEH=u HO=h CO=g ZA=q YIWN=i PIWR=p TIWN=u LIWN=l GIM=q VEW=y INI=h KEH=p XEH=u",
    },
    "LATIN": {
        "CAPITAL": "",
        "SMALL": "DOTLESS I=i SCRIPT G=g ALPHA=a OPEN E=e DOTLESS J=j",
    },
}
CHEROKEE = (
    "A=D E=R I=T GO=A GU=J GV=E HE=h YI=B GV=E WI=O MI=H LA=W LE=L LU=M MA=O GI=Y NAH=t QUV=E SA=U SE=4 SO=H SV=R "
    "TA=W DA=b DE=S DI=J TSE=V TSO=K TSI=h DO=V DU=S TLI=C TLE=L U=O V=i S=o GA=S HA=o HI=A HU=G NI=h GE=r WE=W LI=P "
    "LO=G MU=F NA=O TLA=L WA=G"
)
CAPITALS = (
    "LATIN LETTER SMALL CAPITAL A=a B=b C=c D=d E=e G=g H=h I=i J=j K=k L=l M=m N=n O=o P=p R=r T=t U=u V=v W=w Y=y Z=z"
)
LIGATURES = frozenset({"ff", "fi", "fl", "ffi", "ffl", "st", "lj", "nj", "dz", "ij"})


def _pairs(said: str) -> Iterator[tuple[str, str]]:
    held: list[str] = []
    for word in said.split():
        held.append(word)
        if "=" in word[1:]:
            name, _, letter = " ".join(held).rpartition("=")
            yield name, letter
            held = []


def _named() -> Iterator[tuple[str, str]]:
    for script, cases in ALIKE.items():
        for case, said in cases.items():
            for name, letter in _pairs(said):
                yield from _looked_up(f"{script} {case} LETTER {name}", letter)
    for name, letter in _pairs(CHEROKEE):
        yield from _looked_up(f"CHEROKEE LETTER {name}", letter)
    for name, letter in _pairs(CAPITALS.removeprefix("LATIN LETTER SMALL CAPITAL ")):
        yield from _looked_up(f"LATIN LETTER SMALL CAPITAL {name}", letter)


def _looked_up(name: str, letter: str) -> Iterator[tuple[str, str]]:
    try:
        yield unicodedata.lookup(name), letter
    except KeyError:
        print(f"no character is called {name}", file=sys.stderr)


def _compatible() -> Iterator[tuple[str, str]]:
    """Yield what NFKC itself turns into Latin letters and digits, and circled and squared ones by name."""
    for code in range(0xA0, 0x1FBFA):
        char = chr(code)
        plain = unicodedata.normalize("NFKC", char)
        name = unicodedata.name(char, "")
        is_letter = len(plain) == 1 or plain.lower() in LIGATURES
        if plain != char and plain.isascii() and plain.isalnum() and is_letter:
            yield char, plain
        elif name.startswith(("NEGATIVE CIRCLED LATIN", "NEGATIVE SQUARED LATIN")):
            yield char, name[-1]
        elif plain.startswith("(") and len(plain) == 3 and plain.isascii() and plain[1].isalnum():
            yield char, plain[1]


def main() -> None:
    """Print a line for every letter: the letter, a tab, and all characters that look like it."""
    table: dict[str, str] = {}
    for char, letter in (*_compatible(), *_named()):
        table.setdefault(char, letter)
    by_letter: dict[str, list[str]] = {}
    for char, letter in table.items():
        by_letter.setdefault(letter, []).append(char)
    print("# Characters that look like Latin letters and digits; made by tools/confusables.py, do not edit.")
    for letter in sorted(by_letter):
        print(letter, " ".join(f"{ord(char):x}" for char in sorted(by_letter[letter])), sep="\t")


if __name__ == "__main__":
    main()
