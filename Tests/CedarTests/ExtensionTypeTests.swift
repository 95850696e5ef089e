import Testing

@testable import Cedar

@Suite struct ExtensionTypeTests {
    @Test func decimals() {
        for text in ["1.0", "-0.0", "0.1234", "922337203685477.5807", "-922337203685477.5808", "0001.50"] {
            #expect(Decimal(parsing: text) != nil, "\(text)")
        }
        for text in [
            "1", "1.", ".1", "+1.0", "1.23456", "-", "", "1.0 ", "1,0", "922337203685477.5808", "-922337203685477.5809",
            "--1.0", "1.-1", "１.0",
        ] {
            #expect(Decimal(parsing: text) == nil, "\(text)")
        }
        #expect(Decimal(parsing: "1.0") == Decimal(parsing: "1.0000"))
        #expect(Decimal(parsing: "-0.5").map { $0.tenThousandths } == -5000)
        #expect(Decimal(tenThousandths: -5).description == "-0.0005")
        #expect(Decimal(tenThousandths: Int64.min).description == "-922337203685477.5808")
    }

    @Test func addresses() {
        for text in [
            "1.2.3.4", "1.2.3.4/32", "0.0.0.0/0", "::", "::1/128", "1:2:3:4:5:6:7::", "ABCD::ef", "::/0",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
        ] {
            #expect(IPAddress(parsing: text) != nil, "\(text)")
        }
        for text in [
            "", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/032", "1.2.3.4/8/8",
            "::ffff:1.2.3.4", "fe80::1%eth0", ":::", "1::2::3", "00001::", "::1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", ":1::",
            "::1/129", "::1/-1", "1.2.3.4 ", "g::",
        ] {
            #expect(IPAddress(parsing: text) == nil, "\(text)")
        }
        #expect(IPAddress(parsing: "1.2.3.4") == IPAddress(parsing: "1.2.3.4/32"))
        #expect(IPAddress(parsing: "10.0.0.0/8") != IPAddress(parsing: "10.1.0.0/8"))
        #expect(IPAddress(parsing: "::1")?.description == "0:0:0:0:0:0:0:1/128")
    }

    @Test(arguments: [
        ("10.1.2.3", "10.0.0.0/8", true), ("10.0.0.0/8", "10.0.0.0/16", false), ("::1", "0.0.0.0/0", false),
        ("::1", "::/0", true), ("ff02::1", "ff00::/8", true), ("0.0.0.0/0", "0.0.0.0/0", true),
    ])
    func ranges(_ inner: String, _ outer: String, _ expected: Bool) throws {
        let inner = try #require(IPAddress(parsing: inner))
        let outer = try #require(IPAddress(parsing: outer))
        #expect(inner.isInRange(outer) == expected)
    }

    @Test func kindsOfAddresses() throws {
        #expect(try #require(IPAddress(parsing: "127.1.1.1")).isLoopback)
        #expect(!(try #require(IPAddress(parsing: "127.0.0.0/7"))).isLoopback)
        #expect(try #require(IPAddress(parsing: "::1")).isLoopback)
        #expect(!(try #require(IPAddress(parsing: "::1/127"))).isLoopback)
        #expect(try #require(IPAddress(parsing: "239.1.1.1/4")).isMulticast)
        #expect(try #require(IPAddress(parsing: "ff02::1")).isMulticast)
        #expect(!(try #require(IPAddress(parsing: "ff00::/7"))).isMulticast)
    }

    @Test func datetimes() {
        for (text, milliseconds) in [
            ("1970-01-01", 0), ("2024-02-29", 1_709_164_800_000), ("1969-12-31T23:59:59.999Z", -1),
            ("2024-01-01T00:00:00+0100", 1_704_063_600_000), ("2024-01-01T00:00:00.001-2359", 1_704_153_540_001),
            ("0000-01-01", -62_167_219_200_000), ("9999-12-31T23:59:59Z", 253_402_300_799_000),
        ] as [(String, Int64)] {
            #expect(Datetime(parsing: text)?.millisecondsSinceEpoch == milliseconds, "\(text)")
        }
        for text in [
            "", "2023-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "2024-1-1", "2024-01-01T",
            "2024-01-01T00:00:00",
            "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00.5Z",
            "2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00+2400", "2024-01-01T00:00:00+0060", "2024-01-01t00:00:00z",
            "+292278994-08-17T07:12:55.807Z", "2024-01-01 ", "-024-01-01", "1900-02-29",
        ] {
            #expect(Datetime(parsing: text) == nil, "\(text)")
        }
        let before = Datetime(millisecondsSinceEpoch: -3_600_000)
        #expect(before.date == Datetime(parsing: "1969-12-31"))
        #expect(before.time == Duration(parsing: "23h"))
        #expect(Datetime(millisecondsSinceEpoch: Int64.min).date == nil)
        #expect(Datetime(millisecondsSinceEpoch: Int64.min).description.hasPrefix("-"))
    }

    @Test func durations() {
        for (text, milliseconds) in [
            ("1d1h", 90_000_000), ("-1d2h", -93_600_000), ("5ms", 5), ("-0ms", 0), ("1m1ms", 60_001), ("1s", 1000),
            ("-9223372036854775808ms", Int64.min), ("9223372036854775807ms", Int64.max), ("000001ms", 1),
        ] as [(String, Int64)] {
            #expect(Duration(parsing: text)?.milliseconds == milliseconds, "\(text)")
        }
        for text in [
            "", "-", "1", "1h1d", "1d1d", "1ms1s", "9223372036854775808ms", "106751991168d", "1.5s", "1 d", "+1d", "d",
            "--1d",
            "1w",
        ] {
            #expect(Duration(parsing: text) == nil, "\(text)")
        }
        #expect(Duration(parsing: "2d")?.hours == 48)
        #expect(Duration(parsing: "-1999ms")?.seconds == -1)
    }

    @Test("The canonical form parses back to the same value")
    func roundTrips() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            let number = Int64(bitPattern: generator.next()) >> Int64.random(in: 0..<64, using: &generator)
            #expect(Decimal(parsing: Decimal(tenThousandths: number).description)?.tenThousandths == number)
            #expect(Duration(parsing: Duration(milliseconds: number).description)?.milliseconds == number)
            let instant = Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &generator)
            let datetime = Datetime(millisecondsSinceEpoch: instant)
            #expect(Datetime(parsing: datetime.description) == datetime)
            let text = (0..<8).map { _ in String(UInt16.random(in: 0...255, using: &generator), radix: 16) }
            let address = IPAddress(parsing: text.joined(separator: ":") + "/64")
            #expect(address.flatMap { IPAddress(parsing: $0.description) } == address)
        }
    }
}
