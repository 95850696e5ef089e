import Foundation
import Testing

@testable import TextEmbedding

@Suite struct SafetensorsTests {
    /// A file with this header and this many bytes of data.
    private func file(_ header: String, data: Int = 0, declared: UInt64? = nil) -> Data {
        let length = declared ?? UInt64(header.utf8.count)
        return Data((0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }) + Data(header.utf8)
            + Data((0..<data).map { UInt8(truncatingIfNeeded: $0) })
    }

    private func tensor(_ name: String, _ shape: String, _ offsets: String, type: String = "F32") -> String {
        "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":[\(shape)],\"data_offsets\":[\(offsets)]}"
    }

    private func fails(_ data: Data, saying reason: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(sourceLocation: sourceLocation) {
            try Safetensors(data)
        } throws: {
            let text = "\($0)"
            return text.contains(reason) && text.hasPrefix("safetensors: ")
        }
    }

    @Test func readsNumbers() throws {
        let numbers: [Float] = [1, -2.5, 3e-20, .infinity, 0, 7]
        let bytes = numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> ($0 * 8)) }
        }
        let header =
            "{\"__metadata__\":{\"format\":\"pt\"}," + tensor("n", "1", "0,8", type: "I64") + ","
            + tensor("a", "2,3", "8,32") + "}"
        let whole = file(header) + Data(count: 8) + Data(bytes)
        for data in [whole, Data([1, 2, 3] + whole).dropFirst(3)] {
            let read = try Safetensors(data)
            #expect(try read.floats("a", shape: [2, 3]).array == numbers)
            #expect(Int(bitPattern: try read.floats("a", shape: [2, 3]).base) % 64 == 0)
            #expect(throws: SafetensorsError.missing("b")) { try read.floats("b", shape: [1]) }
            #expect(throws: SafetensorsError.self) { try read.floats("a", shape: [3, 2]) }
            #expect(throws: SafetensorsError.self) { try read.floats("n", shape: [1]) }
        }
    }

    @Test func emptyTensorsAreAllowed() throws {
        let read = try Safetensors(file("{" + tensor("a", "0,4", "0,0") + "," + tensor("b", "", "0,4") + "}", data: 4))
        #expect(try read.floats("a", shape: [0, 4]).array.isEmpty)
        #expect(try read.floats("b", shape: []).array.count == 1)
    }

    @Test func brokenHeaderLengthIsAnError() {
        for bytes in 0..<8 { fails(Data(count: bytes), saying: "the file has \(bytes) bytes") }
        fails(file("{}", declared: 3), saying: "is 3, but only 2 bytes follow")
        fails(file("{}", declared: .max), saying: "is 18446744073709551615, the limit is")
        fails(file("{}", declared: 1 << 63), saying: "the limit is")
        fails(file("{}", declared: 16 << 20), saying: "but only 2 bytes follow")
        fails(file("", declared: 0), saying: "the header at byte 8 is unreadable")
    }

    @Test(arguments: [
        "[]", "null", "{", "{\"a\":1}", "{\"a\":null}", "{\"a\":{\"dtype\":\"F32\"}}",
        "{\"a\":{\"dtype\":1,\"shape\":[],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1e400],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":\"x\",\"data_offsets\":[0,4]}}", "{} {}", "{\"a\"",
    ])
    func headerThatIsNoDescriptionIsAnError(_ header: String) {
        fails(file(header, data: 4), saying: "header at byte 8 is unreadable")
    }

    @Test func deepHeaderIsAnError() {
        fails(file(String(repeating: "[", count: 200_000)), saying: "header at byte 8 is unreadable")
        fails(file(String(repeating: "{\"a\":", count: 100_000)), saying: "header at byte 8 is unreadable")
    }

    @Test func contradictoryTensorsAreErrors() {
        fails(file("{" + tensor("w", "1", "0,4", type: "Q9") + "}", data: 4), saying: "tensor 'w': unknown type 'Q9'")
        fails(file("{" + tensor("w", "1", "0,4,8") + "}", data: 8), saying: "tensor 'w': data_offsets has 3 numbers")
        fails(file("{" + tensor("w", "1", "") + "}"), saying: "tensor 'w': data_offsets has 0 numbers")
        fails(file("{" + tensor("w", "1", "4,0") + "}", data: 4), saying: "tensor 'w': data_offsets 4...0")
        fails(file("{" + tensor("w", "1", "-4,0") + "}", data: 4), saying: "tensor 'w': data_offsets -4...0")
        fails(file("{" + tensor("w", "2", "0,8") + "}", data: 4), saying: "do not lie within the 4 bytes")
        fails(file("{" + tensor("w", "1", "0,9223372036854775807") + "}", data: 4), saying: "do not lie within")
        fails(file("{" + tensor("w", "2", "0,4") + "}", data: 4), saying: "takes 8 bytes, data_offsets give 4")
        fails(file("{" + tensor("w", "-1", "0,4") + "}", data: 4), saying: "negative dimension")
        fails(file("{" + tensor("w", "4611686018427387904,4", "0,0") + "}"), saying: "larger than memory")
        fails(
            file("{" + tensor("w", "1,1,1,1,1,1,1,1,1", "0,4") + "}", data: 4), saying: "9 dimensions, the limit is 8")
    }

    @Test func overlapsAndHolesAreErrors() {
        let first = tensor("a", "2", "0,8")
        fails(file("{" + first + "," + tensor("b", "2", "4,12") + "}", data: 12), saying: "'b' overlaps")
        fails(file("{" + first + "," + tensor("b", "2", "0,8") + "}", data: 8), saying: "overlaps")
        fails(file("{" + first + "," + tensor("b", "1", "12,16") + "}", data: 16), saying: "'b' leaves a hole")
        fails(file("{" + first + "}", data: 12), saying: "no tensor covers the last 4 bytes")
        fails(file("{}", data: 1), saying: "no tensor covers the last 1 bytes")
    }

    /// Any one byte changed, any length cut: an error or a file that can be read, never a trap.
    @Test func damagedFilesNeverTrap() throws {
        var generator = SeededGenerator()
        let seed = generator.seed
        let whole = file("{" + tensor("a", "2,3", "0,24") + "," + tensor("b", "1", "24,28") + "}", data: 28)
        #expect(throws: Never.self) { try Safetensors(whole) }
        for length in 0..<whole.count {
            #expect(throws: SafetensorsError.self, "cut to \(length)") { try Safetensors(whole.prefix(length)) }
        }
        for _ in 0..<2000 {
            var damaged = whole
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                damaged[Int.random(in: 0..<damaged.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            if let read = try? Safetensors(damaged) {
                for (name, tensor) in read.tensors {
                    #expect(tensor.range.upperBound <= damaged.count, "seed \(seed)")
                    _ = try? read.floats(name, shape: tensor.shape)
                }
            }
        }
    }
}
