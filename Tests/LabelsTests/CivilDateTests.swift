import Testing

@testable import Labels

@Suite("Days of the calendar")
struct CivilDateTests {
    @Test("Each day follows the one before, from year -4 to year 2804", .timeLimit(.minutes(1)))
    func walk() {
        // Year 0 begins 719,528 days before 1970-01-01, and year -4 another 1,461.
        var number: Int64 = -720_989
        var faults = 0
        for year in Int64(-4)...2804 {
            let isLeap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
            for (month, length) in zip(1..., [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as [Int64])
            {
                for day in 1...length {
                    let date = CivilDate(daysSinceEpoch: number)
                    if (date.year, date.month, date.day) != (year, Int64(month), day) || date.daysSinceEpoch != number {
                        faults += 1
                    }
                    number += 1
                }
            }
        }
        #expect(faults == 0)
        #expect(CivilDate(year: 2024, month: 2, day: 29)?.daysSinceEpoch == 19_782)
    }

    @Test("Days that no month has are none")
    func none() {
        #expect(CivilDate(year: 2023, month: 2, day: 29) == nil && CivilDate(year: 1900, month: 2, day: 29) == nil)
        #expect(CivilDate(year: 2000, month: 2, day: 29) != nil && CivilDate(year: 2025, month: 4, day: 31) == nil)
        #expect(CivilDate(year: 2025, month: 0, day: 1) == nil && CivilDate(year: 2025, month: 13, day: 1) == nil)
        #expect(CivilDate(year: 2025, month: 1, day: 0) == nil && CivilDate(year: 10_000, month: 1, day: 1) == nil)
        #expect(CivilDate(year: -1, month: 1, day: 1) == nil)
    }

    @Test("A time of the day makes an instant, with its offset from UTC")
    func instants() throws {
        let date = try #require(CivilDate(year: 1970, month: 1, day: 1))
        #expect(date.instant(hour: 0, minute: 0, second: 0, offset: 0) == 0)
        #expect(date.instant(hour: 1, minute: 2, second: 3, millisecond: 4, offset: 62) == 3004)
        #expect(date.instant(hour: 23, minute: 59, second: 60, offset: 0) == Timestamp.dayLength)
        #expect(date.instant(hour: 24, minute: 0, second: 0, offset: 0) == nil)
        #expect(date.instant(hour: 0, minute: 60, second: 0, offset: 0) == nil)
        #expect(date.instant(hour: 0, minute: 0, second: 61, offset: 0) == nil)
        #expect(date.instant(hour: 0, minute: 0, second: 0, offset: 1440) == nil)
    }
}
