"""Invented names of places.

Put here: the words names of LEAs, schools and counties are made of.
Not here: which organization has which name (see `organizations`).
"""

FIRST_NAMES = (
    "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fern", "Granite", "Hazel", "Iron", "Juniper", "Kestrel",
    "Linden", "Maple", "North", "Oak", "Pine", "Quarry", "River", "Sparrow", "Thorn", "Upland", "Violet",
    "Willow", "Yarrow", "Aspen", "Brook", "Copper", "Dale", "Eagle", "Falcon", "Grove", "Heron", "Ivy",
    "Jasper", "Larch", "Meadow", "Otter", "Prairie", "Ridge", "Stone",
)  # fmt: skip
LAST_NAMES = (
    "Falls", "Creek", "Valley", "Harbor", "Springs", "Bluff", "Crossing", "Ford", "Hollow", "Landing",
    "Mills", "Point", "Prairie", "Rapids", "Summit", "Run", "Bend", "Glen", "Haven", "Hill", "Island",
    "Junction", "Lake", "Mesa", "Notch", "Park", "Plains", "Pond", "Reach", "Rock", "Shore", "Station",
    "Terrace", "View", "Vista", "Wells", "Woods", "Gap", "Fork", "Cove",
)  # fmt: skip
COUNTIES = ("Adler", "Bryce", "Corliss", "Dunmore", "Ellery", "Farrow", "Gilford", "Hadley", "Ingram", "Joss")
