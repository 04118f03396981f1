"""The columns of the School District Finance Survey file, fiscal year 2019: 145 variables, then their flags.

Put here: names in the order of the record layout, and which variables add up to which.
Not here: figures (see `survey`).
"""

from __future__ import annotations

_NAMES = """
LEAID CENSUSID FIPST CONUM CSA CBSA NAME STNAME STABBR SCHLEV AGCHRT YEAR CCDNF CENFILE GSLO GSHI
V33 MEMBERSCH TOTALREV TFEDREV C14 C15 C16 C17 C19 B11 C20 C25 C36 B10 B12 B13 TSTREV C01 C04 C05
C06 C07 C08 C09 C10 C11 C12 C13 C35 C38 C39 TLOCREV T02 T06 T09 T15 T40 T99 D11 D23 A07 A08 A09 A11
A13 A15 A20 A40 U11 U22 U30 U50 U97 C24 TOTALEXP TCURELSC TCURINST E13 V91 V92 TCURSSVC E17 E07 E08
E09 V40 V45 V90 V85 TCUROTH E11 V60 V65 TNONELSE V70 V75 V80 TCAPOUT F12 G15 K09 K10 K11 L12 M12 Q11
I86 Z32 Z33 Z35 Z36 Z37 Z38 V11 V13 V15 V17 V21 V23 V37 V29 Z34 V10 V12 V14 V16 V18 V22 V24 V38 V30
V32 V93 _19H _21F _31F _41F _61V _66V W01 W31 W61 V95 V02 K14 CE1 CE2 CE3 WEIGHT
"""
_WITHOUT_FLAG = """
LEAID CENSUSID FIPST CONUM CSA CBSA NAME STNAME STABBR SCHLEV AGCHRT YEAR CCDNF CENFILE GSLO GSHI
TOTALREV TFEDREV TSTREV TLOCREV TOTALEXP TCURELSC TCURINST TCURSSVC TCUROTH TNONELSE TCAPOUT WEIGHT
"""
VARIABLES = tuple(_NAMES.split())
UNFLAGGED = frozenset(_WITHOUT_FLAG.split())
FLAGGED = tuple(name for name in VARIABLES if name not in UNFLAGGED)
HEADER = (*VARIABLES, *(f"FL_{name.lstrip('_')}" for name in FLAGGED))
TEXTS = VARIABLES[: VARIABLES.index("V33")]

# What adds up to what, each total after its parts. Weights of the split: not a fact but a likeness.
PARTS: dict[str, dict[str, float]] = {
    "TSTREV": {
        "C01": 78, "C04": 1, "C05": 7, "C06": 1, "C07": 0.5, "C08": 0.3, "C09": 0.7, "C10": 0.5, "C11": 4,
        "C12": 3, "C13": 3, "C35": 0, "C38": 1, "C39": 0,
    },
    "TLOCREV": {
        "T02": 0, "T06": 82, "T09": 0, "T15": 0, "T40": 0, "T99": 1, "D11": 2, "D23": 4, "A07": 0.5,
        "A08": 0.1,
        "A09": 2, "A11": 0.2, "A13": 2, "A15": 0.3, "A20": 1, "A40": 0.4, "U11": 0.2, "U22": 1, "U30": 0.1,
        "U50": 1, "U97": 2.2, "C24": 0,
    },
    "TCURINST": {"E13": 1},
    "TCURSSVC": {
        "E17": 17, "E07": 13, "E08": 6, "E09": 16, "V40": 26, "V45": 12, "V90": 10, "V85": 0,
    },
    "TCUROTH": {"E11": 92, "V60": 6, "V65": 2},
    "TNONELSE": {"V70": 60, "V75": 30, "V80": 10},
    "TCAPOUT": {"F12": 70, "G15": 6, "K09": 8, "K10": 16, "K11": 0},
    "Z33": {"Z35": 78, "Z36": 15, "Z37": 4, "Z38": 3},
    "Z34": {
        "V10": 66, "V12": 6, "V14": 5, "V16": 2, "V18": 7, "V22": 6, "V24": 3, "V38": 3, "V30": 2, "V32": 0,
    },
}  # fmt: skip
TOTALS: dict[str, tuple[str, ...]] = {
    "TOTALREV": ("TFEDREV", "TSTREV", "TLOCREV"),
    "TFEDREV": ("C14", "C15", "C16", "C17", "C19", "B11", "C20", "C25", "C36", "B10", "B12", "B13"),
    "TOTALEXP": ("TCURELSC", "TNONELSE", "TCAPOUT", "L12", "M12", "Q11", "I86", "V91", "V92"),
    "TCURELSC": ("TCURINST", "TCURSSVC", "TCUROTH"),
    **{name: tuple(parts) for name, parts in PARTS.items() if name.startswith("T")},
}
