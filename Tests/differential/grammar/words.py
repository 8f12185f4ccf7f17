"""The words that commands are made of: keys, numbers at the edge, what is nearly a number, texts."""

# Each type is at home at four keys, so that most commands find what they are for.
HOMES = 8
KEYS_PER_HOME = 4
HOME_KEYS = [b"k%d" % number for number in range(HOMES * KEYS_PER_HOME)]
ODD_KEYS = [
    b"",
    b"K1",
    b"12345",
    b"-7",
    b"key:with:colons",
    b"[a-c]*",
    b"k\x00\xff\r\n",
    b"?",
    b"a-key-long-enough-to-need-more-room-than-a-short-one-" * 3,
]
# Sorted sets whose members all have the score 0: what is lexicographical is undefined for others.
LEX_KEYS = frozenset([b"lex0", b"lex1"])
KEYS = HOME_KEYS + ODD_KEYS

NUMBERS = [
    b"0",
    b"1",
    b"-1",
    b"7",
    b"10",
    b"42",
    b"100",
    b"9999",
    b"10000",
    b"-12345",
    b"65536",
    b"2147483647",
    b"2147483648",
    b"4294967296",
    b"9007199254740993",
    b"9223372036854775806",
    b"9223372036854775807",
    b"-9223372036854775808",
]
NOT_NUMBERS = [
    b"",
    b"abc",
    b"1.5",
    b" 1",
    b"1 ",
    b"+1",
    b"01",
    b"-0",
    b"0x10",
    b"1e3",
    b"--1",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"123456789012345678901234567890",
    b"nan",
    b"12a",
    b"\x00",
    b"1\x00",
    b"0\x001",
    b"\xff",
]
FLOATS = [
    b"0.1",
    b"-0.1",
    b"3.0",
    b"5e3",
    b"1e-7",
    b"-2.5",
    b"1.23456789012345678",
    b"0",
    b"100000000000000000000",
    b"3.14159265358979",
    b"0.000001",
    b"1e17",
    b"-1",
    b"200",
    b"1e300",
    b"1e20",
    b"-1e-300",
    b"0.3",
    b"00.50",
    b"+2",
    b"0x1p3",
]
NOT_FLOATS = [
    b"",
    b"inf",
    b"-inf",
    b"nan",
    b"abc",
    b" 1.5",
    b"1.5 ",
    b"1.5abc",
    b"1e5000",
    b"infinity",
    b"1.0\x00",
    b"1,5",
]
TEXTS = [
    b"",
    b"a",
    b"hello",
    b"Hello World",
    b"foobar",
    b"ohmytext",
    b"mynewtext",
    b"\r\n",
    b"\x00",
    b"\xff\xfe\x00binary\r\n",
    b"x" * 20,
    b"y" * 43,
    b"y" * 44,
    b"y" * 45,
    b"y" * 63,
    b"y" * 64,
    b"z" * 127,
    b"z" * 128,
    b"z" * 129,
    b"w" * 300,
    b"3.0",
    b"1e5",
    b"0.1",
    b"-1.50",
]
# Around 16 KiB a value moves into a block of its own, and goes out by reference.
LARGE = [
    b"L" * 5000,
    b"M" * 9000,
    b"N" * 16383,
    b"O" * 16384,
    b"P" * 20000,
    bytes(range(256)) * 40,
    b"Q" * 32767,
    b"R" * 32768,
    bytes(range(256)) * 160,
]
PATTERNS = [
    b"*",
    b"k*",
    b"k?",
    b"k[1-3]",
    b"k[^1-3]",
    b"[a-k]*",
    b"\\[a-c]\\*",
    b"k1*",
    b"",
    b"*:*",
    b"nothing*",
    b"k[",
    b"k[1-",
    b"k\\",
    b"?",
    b"[",
    b"*[",
    b"**k**1",
    b"k[3-1]",
    b"[\\a]*",
]
# Words that are wrong nearly everywhere, and never a time to live.
JUNK = [b"abc", b"", b"-1", b"1.5", b"NX", b"XX", b"GET", b"COUNT", b"-5x", b"EX"]

# Fields and members: few, so that they meet, with numbers among them, and lengths at the limits.
MEMBERS = [b"m%d" % number for number in range(10)]
MEMBERS += [b"0", b"1", b"2", b"3", b"-5", b"42", b"300", b"70000", b"5000000000"]
MEMBERS += [b"9223372036854775807", b"-9223372036854775808", b"007", b"1.5", b"", b"\x00\xff"]
MEMBERS += [b"a\r\nb", b"x" * 8, b"x" * 9, b"x" * 20, b"x" * 63, b"x" * 64, b"x" * 65, b"Z", b"z"]
INTEGERS = [b"%d" % number for number in range(-4, 12)]
INTEGERS += [b"32767", b"32768", b"-32769", b"2147483647", b"2147483648", b"-2147483649"]
INTEGERS += [b"9223372036854775807", b"-9223372036854775808"]
SCORES = [b"0", b"-0", b"1", b"-1", b"2", b"3", b"1.5", b"3.0", b"-2.5", b"1e5", b"0.1", b"0.2"]
SCORES += [b"inf", b"-inf", b"+inf", b"0.30000000000000004", b"9007199254740993", b"1e308"]
SCORES += [b"-1e308", b"1e-320", b"3.141592653589793", b"9223372036854775807", b"5e-7", b"1e21"]
SCORES += [b"123456789012", b"-12345.678e-3", b"1e17", b"99999999999999999999", b"0x10"]
NOT_SCORES = [b"nan", b"abc", b"", b" 1", b"1 ", b"1e400", b"1,5", b"--1", b"1\x00", b"infin"]
LOOSE_NUMBERS = frozenset([b"0x10", b"0x1p3", b" 1", b"( 1", b"(0x10"])
