"""tome read: many places at once, held against slices of Python; in each of its formats and from each kind of list."""
import base64
import hashlib
import json
import os
import random
import re
import select
import subprocess

import command_harness
from command_harness import COMMAND, NOBODY_READS, CommandTest

MIB = 1 << 20


def as_json(data, start, length):
    """The object that stands for a read of `length` bytes."""
    end = min(start + length, len(data))
    line = {"offset": start, "length": end - start}
    try:
        line["text"] = data[start:end].decode("utf-8")
    except UnicodeDecodeError:
        line["bytes"] = base64.b64encode(data[start:end]).decode()
    return line


class Offsets(CommandTest):
    def setUp(self):
        super().setUp()
        self.data = os.urandom(100_000)
        self.file("f", self.data)

    def test_bytes_follow_each_other_in_the_order_asked_for(self):
        data = self.data
        self.answer(
            data[500:510] + data[3:13] + data[90_000:90_010] + data[3:13],
            "read",
            "f",
            "--at",
            "500,3,90000,3",
            "--length",
            "10",
        )

    def test_a_read_is_4096_bytes_unless_it_is_said_otherwise(self):
        self.answer(self.data[77 : 77 + 4096], "read", "--at=77", "f")
        self.answer(self.data[77 : 77 + 2048], "read", "--at=77", "--length=2K", "f")
        self.answer("", "read", "--at=77", "--length=0", "f")

    def test_numbers_may_be_hexadecimal_have_units_and_count_from_the_end(self):
        data = self.data
        self.answer(
            data[0x1000:0x1005] + data[65536:65541] + data[-7:-2] + data[-1024:-1019],
            "read",
            "--length=5",
            "f",
            "--at",
            "0x1000,64K,-7,-1K",
        )

    def test_a_place_may_have_a_length_of_its_own_or_be_a_slice(self):
        data = self.data
        self.answer(
            data[5:25] + data[30:33] + data[:4] + data[99_990:] + data[-3:-1] + data[9:10],
            "read",
            "--length=1",
            "f",
            "--at",
            "5 20,30:33, :4 ,99990:,-3:-1",
            "--at",
            "9",
        )
        self.answer("", "read", "f", "--at", "7:7,9:3,0 0,100000 0,100000:")

    def test_what_reaches_beyond_the_end_is_cut_there(self):
        self.answer(self.data[-1:] + self.data[-4:], "read", "f", "--at", "99999,-4:200K")
        self.answer(self.data[1:], "read", "f", "--at", "1", "--length", "15E")

    def test_any_places_of_any_length(self):
        chosen = random.Random(5)
        places = [
            (chosen.randrange(len(self.data)), chosen.choice((0, 1, 7, 100, 4096, 5000)))
            for _ in range(3000)
        ]
        expected = b"".join(self.data[at : at + length] for at, length in places)
        text = "".join(f"{at} {length}\n" for at, length in places)
        self.answer(expected, "read", "f", "--at", "-", stdin=text.encode())
        self.answer(expected, "read", "f", "--at", text.rstrip().replace("\n", ","))

    def test_options_may_follow_the_file_and_stand_before_it(self):
        self.answer(self.data[:2], "read", "f", "--at", "0", "--length=2")
        self.answer(self.data[:2], "read", "--at", "0", "--length=2", "--", "f")

    def test_the_file_may_be_standard_input(self):
        with open("f", "rb") as file:
            file.seek(50)
            self.answer(self.data[3:5], "read", "-", "--at", "3:5", stdin=file)


class Lists(CommandTest):
    def test_a_list_may_be_a_file_or_standard_input(self):
        self.file("f", b"0123456789")
        self.file("list", b"3\n1\n8\n")
        self.answer("318", "read", "f", "--at", "@list", "--length=1")
        self.answer("318", "read", "f", "--at", "-", "--length=1", stdin=b"3\n1\n8\n")
        self.answer("318", "read", "f", "--at", "@-", "--length=1", stdin=b"3\n1\n8\n")

    def test_lists_follow_each_other(self):
        self.file("f", b"0123456789")
        self.file("one", b"1\n2")
        self.file("none")
        self.answer(
            "912705",
            "read",
            "f",
            "--length=1",
            "--at",
            "9",
            "--at",
            "@one",
            "--at",
            "@none",
            "--at",
            "-",
            "--at",
            "5",
            stdin=b"7\n0\n",
        )

    def test_lines_may_be_empty_or_remarks_and_end_in_any_way(self):
        self.file("f", b"0123456789")
        self.answer(
            "1234567",
            "read",
            "f",
            "--at",
            "-",
            "--length=1",
            stdin=b"# where\n\n1\r\n   2 2  \n\t4\t0x2\n #5\n6\t\n\n\n7",
        )
        for empty in (b"", b"\n", b"#", b"\n\n# no more"):
            self.answer("", "read", "f", "--at", "-", stdin=empty)

    def test_what_find_prints_is_a_list(self):
        text = b"one fish, two fish, red fish"
        self.file("f", text)
        for options, length in (((), "4"), (("--slice",), "1")):
            found = self.tome("find", *options, "fish", "f")[1]
            self.answer("fish" * 3, "read", "f", "--at=-", "--length", length, stdin=found)

    def test_a_long_list_takes_little_memory(self):
        """Its text has 5 MB, and 200 MB are read. Then it waits for more and can be looked at."""
        data = os.urandom(1 << 16)
        self.file("f", data)
        places = [i * 7919 % 65_000 for i in range(400_000)]
        self.file("list", "".join(f"{place:011d}\n" for place in places).encode())
        expected = hashlib.sha256()
        for place in places:
            expected.update(data[place : place + 500])
        told, left = hashlib.sha256(), 500 * len(places)
        with subprocess.Popen(
            [*COMMAND, "read", "f", "--at", "@list", "--at", "-", "--length", "500"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            while left and (part := process.stdout.read(min(left, MIB))):
                told.update(part)
                left -= len(part)
            self.assertEqual(expected.digest(), told.digest())
            with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                peak = int(re.search(r"^VmHWM:\s*(\d+) kB", status.read(), re.M).group(1))
            self.assertEqual(b"", process.communicate(timeout=100)[0])
        self.assertEqual(0, process.returncode)
        self.assertLess(peak, 64 << 10)

    def test_a_read_longer_than_any_buffer_comes_out_whole(self):
        data = os.urandom(20 * MIB + 1)
        self.file("f", data)
        self.answer(data[5:8] + data[1:] + data[7:9], "read", "f", "--at", "5 3,1 20M,7 2")

    def test_many_reads_of_a_large_file(self):
        """More than fit in one batch, some of them longer than a batch."""
        data = os.urandom(12 * MIB)
        self.file("f", data)
        places = [(i * 1_000_003 % len(data), i % 977) for i in range(40_000)]
        places[20_000] = (3, 11 * MIB)
        text = "".join(f"{at} {length}\n" for at, length in places)
        expected = b"".join(data[at : at + length] for at, length in places)
        status, answer, message = self.tome("read", "f", "--at", "-", stdin=text.encode())
        self.assertEqual((0, ""), (status, message))
        self.assertTrue(answer == expected, f"{len(answer)} bytes, {len(expected)} expected")

    def test_offsets_beyond_four_gib(self):
        with open("f", "wb") as file:
            file.seek((5 << 30) + 7)
            file.write(b"far out")
        self.answer("far\0out", "read", "f", "--at", "5368709127 3,4294967303 1,-3:")


class Conversation(CommandTest):
    """Who writes the list may want to see each answer before the next question."""

    def begin(self, *options):
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [*COMMAND, "read", "f", "--at", "-", *options],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def ask(self, process, question, expected):
        process.stdin.write(question)
        answer = b""
        while len(answer) < len(expected):
            self.assertTrue(select.select([process.stdout], [], [], 50)[0], "no answer")
            part = process.stdout.read(len(expected) - len(answer))
            self.assertNotEqual(b"", part, answer)
            answer += part
        self.assertEqual(expected, answer)

    def finish(self, process):
        answer, message = process.communicate(timeout=100)
        return process.returncode, answer, message.decode()

    def test_each_line_is_answered_before_the_next_is_waited_for(self):
        self.file("f", b"0123456789")
        process = self.begin("--length=2")
        self.ask(process, b"3\n", b"34")
        self.ask(process, b"1\n2\n", b"1223")
        self.ask(process, b"# nothing\n5", b"")
        self.ask(process, b" 1\n7\n", b"578")
        self.assertEqual((0, b"", ""), self.finish(process))

    def test_in_hex_and_json_too(self):
        self.file("f", b"0123456789")
        process = self.begin("--length=2", "--json")
        self.ask(process, b"3\n", b'{"offset":3,"length":2,"text":"34"}\n')
        self.ask(process, b"9\n", b'{"offset":9,"length":1,"text":"9"}\n')
        self.assertEqual((0, b"", ""), self.finish(process))
        process = self.begin("--length=1", "--hex")
        row = b"00000003  33" + b" " * 48 + b"|3|\n00000004\n"
        self.ask(process, b"3\n", row)
        self.ask(process, b"3\n", row)
        self.assertEqual((0, b"", ""), self.finish(process))

    def test_a_file_that_grows_meanwhile_can_be_read_where_it_has_grown(self):
        self.file("f", b"0123456789")
        process = self.begin("--length=2")
        self.ask(process, b"8\n", b"89")
        with open("f", "ab") as file:
            file.write(b"more" * 5000)
        self.ask(process, b"10\n20008\n-2\n", b"morere")
        self.assertEqual((0, b"", ""), self.finish(process))

    def test_lost_bytes_are_named_and_the_others_printed(self):
        """The file is cut between two questions."""
        data = os.urandom(60_000)
        shorter = "tome: f: bytes were lost: the file is shorter now (at byte {})\n"
        for options in ((), ("--json",)):
            self.file("f", data)
            process = self.begin("--length=5", *options)
            first = data[:5] if not options else json_line(as_json(data, 0, 5))
            self.ask(process, b"0\n", first)
            os.truncate("f", 20_000)
            process.stdin.write(b"10\n30000\n19998\n100\n20000 0\n")
            status, answer, message = self.finish(process)
            self.assertEqual(
                (2, shorter.format(30_000) + shorter.format(20_000)), (status, message)
            )
            if not options:
                self.assertEqual(data[10:15] + data[19_998:20_000] + data[100:105], answer)
                continue
            lost = {"error": "bytes behind the mapping could not be read or written"}
            self.assertEqual(
                [
                    as_json(data, 10, 5),
                    {"offset": 30_000, "length": 5, **lost, "error_offset": 30_000},
                    {
                        "offset": 19_998,
                        "length": 5,
                        "bytes": base64.b64encode(data[19_998:20_000]).decode(),
                        **lost,
                        "error_offset": 20_000,
                    },
                    as_json(data, 100, 5),
                    {"offset": 20_000, "length": 0, "text": ""},
                ],
                [json.loads(line) for line in answer.splitlines()],
            )

    def test_a_long_read_is_printed_up_to_the_loss(self):
        data = os.urandom(20 * MIB)
        self.file("f", data)
        process = self.begin()
        self.ask(process, b"0 1\n", data[:1])
        os.truncate("f", 11 * MIB + 5)
        process.stdin.write(b"3 19M\n7 2\n")
        status, answer, message = self.finish(process)
        self.assertTrue(answer == data[3 : 11 * MIB + 5] + data[7:9], len(answer))
        self.assertEqual(
            (2, f"tome: f: bytes were lost: the file is shorter now (at byte {11 * MIB + 5})\n"),
            (status, message),
        )


def json_line(value):
    """As the command writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


class Formats(CommandTest):
    def test_hex_is_what_slice_draws(self):
        self.file("f", os.urandom(5000) + bytes(5000))
        self.answer(
            self.tome("slice", "--hex", "f", "3:120", "4990:6000", "9990:", "7:7")[1],
            "read",
            "--hex",
            "f",
            "--at",
            "3 117,4990:6000,9990,7 0",
        )

    def test_json_holds_text_where_it_is_utf_8(self):
        text = 'a"\\/\b\n\x00\x7f\u00e9\u20ac\U0001f600'.encode()
        data = text + b"\xff\xe2\x82"
        self.file("f", data)
        places = [(at, length) for at in range(len(data)) for length in range(len(data) - at + 1)]
        _, answer, message = self.tome(
            "read", "--json", "f", "--at=-", stdin="".join(f"{a} {n}\n" for a, n in places).encode()
        )
        self.assertEqual("", message)
        lines = answer.decode("utf-8").splitlines()
        self.assertEqual(
            [as_json(data, at, length) for at, length in places],
            [json.loads(line) for line in lines],
        )

    def test_json_of_more_than_a_buffer_is_one_object(self):
        data = b"\xff" + os.urandom(9 * MIB)
        self.file("f", data)
        status, answer, message = self.tome("read", "--json", "f", "--at", "0 1,:,0 1")
        self.assertEqual((0, ""), (status, message))
        self.assertEqual(
            [as_json(data, 0, 1), as_json(data, 0, len(data)), as_json(data, 0, 1)],
            [json.loads(line) for line in answer.splitlines()],
        )


class Problems(CommandTest):
    def test_what_begins_outside_is_named_and_the_others_are_printed(self):
        self.file("f", b"0123456789")
        outside = "byte {} is outside the file, which has 10 bytes ({})"
        status, answer, message = self.tome("read", "f", "--at", "9,10,-11,3 2")
        self.assertEqual((2, b"934"), (status, answer))
        self.assertEqual(
            "".join(f"tome: f: {outside.format(at, '--at')}\n" for at in (10, -11)), message
        )
        self.error(
            "f: " + outside.format(18446744073709551615, "(standard input): line 3"),
            "read",
            "f",
            "--at",
            "-",
            "--length=1",
            stdin=b"# a\n1\n18446744073709551615\n2\n",
            answer=b"12",
        )
        self.file("list", b"11 0\n10 0\n")
        self.error("f: " + outside.format(11, "list: line 1"), "read", "f", "--at", "@list")
        status, answer, _ = self.tome("read", "--json", "f", "--at", "99,-99,0 1")
        self.assertEqual(
            (
                2,
                b'{"offset":99,"error":"outside the file"}\n'
                b'{"offset":-99,"error":"outside the file"}\n'
                b'{"offset":0,"length":1,"text":"0"}\n',
            ),
            (status, answer),
        )

    def test_an_empty_file_has_nothing_but_empty_reads(self):
        self.file("f")
        self.answer("", "read", "f", "--at", "0 0,:,:5")
        self.error("f: byte 0 is outside the file, which has 0 bytes (--at)", "read", "f", "--at=0")

    def test_a_line_that_is_no_place_ends_it_behind_what_was_asked_for_before(self):
        self.file("f", b"0123456789")
        for line, shown, wrong in (
            (b"x", "x", "is not a size; "),
            (b"1,2", "1,2", "is not a size; "),
            (b"5 -1", "-1", "cannot be negative"),
            (b"5 1 1", "1 1", "is not a size; "),
            (b"1:2:3", "2:3", "is not a size; "),
            (b"99999999999999999999", "99999999999999999999", "is too large; sizes end below 16E"),
            (b"y" * 1000, "y" * 60, "is not a size; "),
        ):
            with self.subTest(line=line):
                status, answer, message = self.tome(
                    "read", "f", "--length=1", "--at=-", stdin=b"3\n\n" + line + b"\n4\n"
                )
                self.assertEqual((2, b"3"), (status, answer))
                self.assertTrue(
                    message.startswith(f'tome: (standard input): line 3: "{shown}" {wrong}'),
                    message,
                )

    def test_a_line_without_end_is_refused(self):
        self.file("f", b"0123456789")
        self.error(
            "(standard input): line 2 is too long",
            "read",
            "f",
            "--length=1",
            "--at=-",
            stdin=b"1\n" + b" " * 70_000,
            answer=b"1",
        )

    def test_a_list_that_cannot_be_opened_is_told_before_anything_is_read(self):
        self.file("f", b"0123456789")
        self.error("none: No such file or directory", "read", "f", "--at=1", "--at=@none")
        self.error(".: Is a directory", "read", "f", "--at=@.")

    def test_standard_output_that_takes_no_more_is_an_error(self):
        self.file("f", os.urandom(100_000))
        for options in ((), ("--hex",), ("--json",)):
            with open("/dev/full", "wb") as full:
                done = subprocess.run(
                    [*COMMAND, "read", "f", "--at", "0 100,7 60000,9 100000", *options],
                    stdout=full,
                    stderr=subprocess.PIPE,
                    check=False,
                    timeout=100,
                )
            self.assertEqual(
                (2, b"tome: standard output: No space left on device\n"),
                (done.returncode, done.stderr),
            )

    def test_a_reader_that_goes_away_ends_it(self):
        self.file("f", os.urandom(MIB))
        text = "".join(f"{i}\n" for i in range(100_000)).encode()
        self.file("list", text)
        with subprocess.Popen(
            [*COMMAND, "read", "f", "--at", "@list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            process.stdout.read(10)
            process.stdout.close()
            self.assertEqual(b"", process.stderr.read())
        self.assertEqual(NOBODY_READS, process.returncode)


class Misuse(CommandTest):
    def test_places_on_the_command_line_are_refused_before_anything_is_read(self):
        self.file("f", b"0123456789")
        for text, shown in (("1,x", "x"), ("", ""), ("1,", ""), (",1", ""), ("1 2 3", "2 3")):
            status, answer, message = self.tome("read", "f", "--at=0", f"--at={text}")
            self.assertEqual((2, b""), (status, answer))
            self.assertTrue(
                message.startswith(f'tome: read: --at "{shown}" is not a size; '), message
            )
            self.assertTrue(message.endswith('Try "tome read --help".\n'))

    def test_operands_and_options_are_asked_for(self):
        self.misuse("read", "which FILE?")
        self.misuse("read", "one FILE only", "f", "g", "--at=1")
        self.misuse(
            "read",
            "which offsets? write --at 0,4096, or --at - to read them from standard input",
            "f",
        )
        self.misuse("read", "--hex and --json do not go together", "f", "--at=1", "--hex", "--json")
        self.misuse("read", "--at wants a value", "f", "--at")

    def test_standard_input_has_one_use(self):
        for use in (("-", "--at", "-"), ("f", "--at=-", "--at=@-"), ("-", "--at=@-")):
            self.misuse("read", "standard input can be used once only", *use)


if __name__ == "__main__":
    command_harness.main()
