"""Every limit on input, in one place (spec 9, whose table is made from this file). Units are last in the name.

Source of each figure: `chosen` = chosen by us with the reason beside it; otherwise the format's own.
"""

from typing import Final

CBOR_DEPTH_MAX: Final = 6  # chosen: the posts of an accord are the deepest value written
CORE_BYTES_MAX: Final = 16 * 1024  # chosen: a suspension behind it on 300 byte/s waits under a minute
FAULT_CORE_BYTES_MAX: Final = 40 * 1024  # chosen: a proof of fault holds two whole entries
TEXT_BYTES_MAX: Final = 8 * 1024  # chosen: one screen; longer matter is a document
REASON_BYTES_MAX: Final = 1024  # chosen: a paragraph; reasons and titles are read at a glance
NAME_BYTES_MAX: Final = 64  # chosen: names of sides, lines, carriers, posts, principals fit a column
LETTER_FILE_BYTES_MAX: Final = 14 * 1024  # chosen: the age file must fit an entry
FORM_FIELDS_MAX: Final = 64  # chosen: one screen of a form
LINES_MAX: Final = 64  # chosen: 49 inter-Korean lines are the largest real case
CARRIERS_MAX: Final = 32  # chosen: half as many as lines
CHECK_INS_MAX: Final = 24  # chosen: one an hour
HOLIDAYS_MAX: Final = 1000  # chosen: fifty a year for twenty years
LISTED_MAX: Final = 256  # chosen: suspensions in one proposal; 8 KiB of ids
FORKS_MAX: Final = 16  # chosen: proofs that one generation settles; 1 KiB of ids
LANGUAGES_MAX: Final = 8  # chosen: both sides', the witnesses' and the press's
APPROVALS_MAX: Final = 4  # chosen: two-person release, doubled
UINT_MAX: Final = 2**64 - 1  # CBOR, major type 0
GENERATION_MAX: Final = 2**63 - 1  # chosen: the widest integer that databases keep in order
TIME_S_MAX: Final = 2**40  # chosen: the year 36812; keeps calendar arithmetic defined
BUNDLE_BYTES_MAX: Final = 1024 * 1024  # chosen: an hour at 300 byte/s; a courier's file is many bundles
PAYLOAD_BYTES_MAX: Final = 2 * 1024 * 1024  # chosen: what a deflated payload may unfold to
BUNDLE_ENTRIES_MAX: Final = 32  # chosen: keeps two bundles in the air (speed study)
PART_BYTES: Final = 32 * 1024  # chosen: any message overtakes a part
BLOB_BYTES_MAX: Final = 64 * 1024 * 1024  # chosen: some hundred scanned pages; 2048 parts
PENDING_ENTRIES_MAX: Final = 10_000  # chosen: entries kept ahead of a gap; what is dropped comes again
ACCORD_BYTES_MAX: Final = 256 * 1024  # chosen: two sides with 50 principals each
PAYLOAD_ENTRIES_MAX: Final = 8192  # chosen: what a courier's bundle can hold; live bundles keep to BUNDLE_ENTRIES_MAX
PAYLOAD_HINTS_MAX: Final = 64  # chosen: a pulse, a signal or a range for each of LINES_MAX lines
NOTE_BYTES_MAX: Final = 256 * 1024  # chosen: eight languages of TEXT_BYTES_MAX and 16 signatures of the largest kind
NOTE_SIGNATURES_MAX: Final = 32  # chosen: twice what C2SP signed-note asks every verifier to take
AGE_HEADER_BYTES_MAX: Final = 64 * 1024  # chosen: 40 recipients of 1.6 kB
BECH32_CHARS_MAX: Final = 4096  # chosen: twice an age recipient for X-Wing
EXPORT_HEADS_MAX: Final = 16_384  # chosen: a generation a day for twenty years on both sides
LOAD_FILE_BYTES_MAX: Final = 4 * 1024 * 1024  # chosen: 100,000 entries are some ten files, and one is read at a time
LOAD_FILES_MAX: Final = 1024  # chosen: 4 GiB in one load, some 60 documents of the largest size
FOLDER_NAMES_MAX: Final = 65_536  # chosen: as many as a folder of FAT32 holds
FOLDER_BYTES_MAX: Final = 4 * 1024 * 1024 * 1024  # chosen: one load of the largest size
CODES_MAX: Final = 256  # chosen: 43 printed sheets; what is more goes on a stick
CODE_BYTES_MAX: Final = 2953  # ISO/IEC 18004: version 40 at level L in byte mode
IMAGES_MAX: Final = 256  # chosen: a photograph of every code of the largest set
IMAGE_BYTES_MAX: Final = 64 * 1024 * 1024  # chosen: a sheet scanned at 600 dpi in colour, twice over
IMAGE_PIXELS_MAX: Final = 64_000_000  # chosen: 61 million are A4 at 600 dpi with a margin; 256 MB once unfolded
VOICE_ROUNDS_MAX: Final = 1024  # chosen: a page that is loaded anew all call long runs out here, and not the relay
ICE_UFRAG_CHARS_MIN: Final = 4  # RFC 8839, 5.4
ICE_UFRAG_CHARS_MAX: Final = 32  # chosen: browsers take 4 to 8 of the 256 allowed
ICE_PWD_CHARS_MIN: Final = 22  # RFC 8839, 5.4
ICE_PWD_CHARS_MAX: Final = 64  # chosen: browsers take 24 to 32 of the 256 allowed
VOICE_DATAGRAM_BYTES_MAX: Final = 1400  # chosen: the largest of a browser's own, with room for a tunnel's headers
