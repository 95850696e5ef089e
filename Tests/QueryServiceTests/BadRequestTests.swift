import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import JWTKit
import NIOCore
import TestSupport
import Testing

@testable import QueryService

@Suite("Requests that cannot be answered say why")
struct BadRequestTests {
    @Test(
        "A body that is wrong names the field, the limit and the value",
        arguments: [
            (#"not JSON"#, 400, "JSON object"),
            (#"[1, 2]"#, 400, "JSON object"),
            (#"{}"#, 400, "query: is missing"),
            (#"{"query": null}"#, 400, "query: is missing"),
            (#"{"query": "x", "purpose": "work", "purpose": "audit"}"#, 400, "field 3 twice"),
            (#"{"query": "x", "purpose": "work"} {}"#, 400, "from byte 34"),
            (#"{"query": 7}"#, 400, "query: has the wrong type"),
            (#"{"query": "  "}"#, 400, "query: is empty"),
            (#"{"query": "x", "k": 0}"#, 400, "k: is 0 and must be between 1 and 50"),
            (#"{"query": "x", "k": -1}"#, 400, "k: is -1 and must be between 1 and 50"),
            (#"{"query": "x", "k": 1000000000}"#, 400, "k: is 1000000000 and must be between 1 and 50"),
            (#"{"query": "x", "k": 1.5}"#, 400, "k: must be a whole number"),
            (#"{"query": "x", "top_k": 5}"#, 400, "top_k: is unknown"),
            (#"{"query": "x", "min_score": "high"}"#, 400, "min_score: has the wrong type"),
            (#"{"query": "x", "mode": "fast"}"#, 400, "mode: is unknown; the modes are hybrid, vector, lexical"),
            (#"{"query": "x", "mode": 1}"#, 400, "mode: has the wrong type"),
            (#"{"query": "x", "diversity": 1.5}"#, 400, "diversity: must be a number between 0 and 1"),
            (#"{"query": "x", "diversity": "much"}"#, 400, "diversity: has the wrong type"),
            (#"{"query": "x", "snippets": 1}"#, 400, "snippets: has the wrong type; it takes true or false"),
            (#"{"query": "x", "filter": {"type": "eq", "key": "classification", "value": NaN}}"#, 400, "JSON object"),
            (
                #"{"query": "x", "filter": {"type": "gt", "key": "classification", "value": 1e999}}"#, 400,
                "filter.value: "
            ),
            (#"{"query": "x", "filter": {"type": "gt", "key": "classification", "value": 1.5}}"#, 400, "whole number"),
            (
                #"{"query": "x", "filter": {"type": "near", "key": "a", "value": "b"}}"#, 400,
                "filter.type: must be one of"
            ),
            (#"{"query": "x", "filter": {"type": "eq", "key": "classification", "value": "cosmic"}}"#, 200, ""),
            (#"{"query": "x", "filter": "public"}"#, 400, "filter: must be an object"),
            (#"{"query": "x", "filter": {"type": "and", "filters": []}}"#, 400, "needs `filters`"),
            (#"{"query": "x", "purpose": "espionage"}"#, 403, "that purpose is not yours; yours are: work"),
        ])
    func badBody(body: String, status: Int, detail: String) async throws {
        try await TestServer.with(SampleEnclave()) { server in
            let response = try await server.post("/v1/retrieve", body, token: server.token("alice"))
            #expect(response.status == status, "\(response.text)")
            if status != 200 {
                #expect(response.headers["content-type"] == "application/problem+json")
                #expect(try (response.json()["detail"] as? String)?.contains(detail) == true, "\(response.text)")
            }
        }
    }

    @Test("A filter that is too deep is refused with its limit")
    func deepFilter() async throws {
        try await TestServer.with(SampleEnclave()) { server in
            let token = try await server.token("alice")
            for depth in [9, 12, 400] {
                let filter =
                    String(repeating: #"{"type": "and", "filters": ["#, count: depth)
                    + #"{"type": "eq", "key": "classification", "value": "public"}"#
                    + String(repeating: "]}", count: depth)
                let response = try await server.post(
                    "/v1/retrieve", #"{"query": "x", "filter": \#(filter)}"#, token: token)
                #expect(response.status == 400, "\(depth): \(response.text)")
            }
        }
    }

    @Test("A question of a megabyte is refused, by its own limit or the body's")
    func hugeQuestion() async throws {
        try await TestServer.with(SampleEnclave()) { server in
            let token = try await server.token("alice")
            let long = String(repeating: "word ", count: 500)
            let tooLong = try await server.post("/v1/retrieve", #"{"query": "\#(long)"}"#, token: token)
            #expect(tooLong.status == 400)
            #expect(tooLong.text.contains("query: has 2500 bytes and at most 2000 are allowed"))
            let huge = String(repeating: "word ", count: 200_000)
            let tooLarge = try await server.post("/v1/retrieve", #"{"query": "\#(huge)"}"#, token: token)
            #expect(tooLarge.status == 413)
            #expect(tooLarge.text.contains("262144"))
        }
    }

    @Test("A body that drips in past its time is refused with the limit")
    func slowBody() async throws {
        let body = RequestBody(buffer: ByteBuffer(string: "{}"))
        #expect(try await RetrieveBody.collect(body, upTo: 2).readableBytes == 2)
        await #expect(throws: HTTPError.self) { try await RetrieveBody.collect(body, upTo: 1) }
        do {
            _ = try await RetrieveBody.collect(body, upTo: 2, within: .zero)
            Issue.record("the body was taken")
        } catch let problem as Problem {
            #expect(problem.status == .requestTimeout && problem.detail.contains("within 0 seconds"))
        }
    }

    @Test("Somebody with several purposes must state one")
    func purposeMissing() async throws {
        try await TestServer.with(SampleEnclave()) { server in
            let response = try await server.post("/v1/retrieve", #"{"query": "x"}"#, token: server.token("bob"))
            #expect(response.status == 403)
            #expect(response.text.contains("state a purpose; yours are: audit, work"))
        }
    }

    @Test("A token narrows: without a second factor, or with fewer purposes")
    func tokenNarrows() async throws {
        try await TestServer.with(SampleEnclave()) { server in
            let body = #"{"query": "wing bolt torque", "k": 50, "purpose": "work"}"#
            let weak = try await server.post("/v1/retrieve", body, token: server.token("alice", mfa: false))
            #expect(weak.status == 200 && !weak.text.contains("118 newton"))
            let other = try await server.post("/v1/retrieve", body, token: server.token("bob", purposes: ["audit"]))
            #expect(other.status == 403)
            let more = try await server.post(
                "/v1/retrieve", body, token: server.token("carol", purposes: ["work", "audit"]))
            #expect(more.status == 200)
            let widened = try await server.post(
                "/v1/retrieve", #"{"query": "x", "purpose": "audit"}"#,
                token: server.token("carol", purposes: ["work", "audit"]))
            #expect(widened.status == 403)
        }
    }

    @Test("Tokens that prove nothing are refused")
    func badTokens() async throws {
        try await TestServer.with(SampleEnclave()) { server in
            let good = try await server.token("alice")
            let parts = good.split(separator: ".").map(String.init)
            let none = Data(#"{"alg":"none","typ":"JWT"}"#.utf8).base64URL
            let symmetric = Data(#"{"alg":"HS256","typ":"JWT"}"#.utf8).base64URL
            let stranger = await JWTKeyCollection().add(ecdsa: ES256PrivateKey())
            func foreign(issuer: String = "portcullis-development", audience: String = "sample") async throws -> String
            {
                try await stranger.sign(
                    TokenClaims(
                        issuer: issuer, audience: audience, subject: "alice",
                        expiration: Date(timeIntervalSinceNow: 600),
                        issuedAt: Date(), authenticationMethods: ["mfa"], purposes: ["work"], clientID: nil))
            }
            let cases: [(String, String?, String)] = [
                ("none at all", nil, "send a bearer token"),
                ("not a token", "abc", "not a signed JSON Web Token"),
                ("unsigned", "\(parts[0]).\(parts[1]).", "signature does not match"),
                ("alg none", "\(none).\(parts[1]).", "algorithm"),
                ("alg HS256", "\(symmetric).\(parts[1]).\(parts[2])", "algorithm"),
                ("changed", "\(parts[0]).\(parts[1]).\(String(parts[2].reversed()))", "signature does not match"),
                ("foreign key", try await foreign(), "signature does not match"),
                ("expired", try await server.token("alice", now: Date(timeIntervalSinceNow: -7200)), "expired"),
                ("not yet", try await server.token("alice", now: Date(timeIntervalSinceNow: 7200)), "not valid yet"),
                ("too long", String(repeating: "a", count: 9000), "longer than 8192 bytes"),
            ]
            for (name, token, detail) in cases {
                let response = try await server.post("/v1/retrieve", #"{"query": "x"}"#, token: token)
                #expect(response.status == 401, "\(name)")
                #expect(response.text.contains(detail), "\(name): \(response.text)")
                #expect(response.headers["www-authenticate"]?.hasPrefix("Bearer") == true, "\(name)")
            }
        }
    }

    @Test("A token for another audience or of another issuer is refused, though its signature holds")
    func otherAudience() async throws {
        let enclave = try SampleEnclave()
        try await TestServer.with(enclave) { server in
            let good = try await server.token("alice")
            for (key, value, detail) in [
                ("audience", "elsewhere", "another audience"), ("issuer", "stranger", "another issuer"),
            ] {
                let settings = try #require(SampleEnclave.settings["portcullis.yaml"])
                let changed = settings.split(separator: "\n", omittingEmptySubsequences: false)
                    .map { $0.contains("\(key):") ? "  \(key): \(value)" : String($0) }.joined(separator: "\n")
                try enclave.write(changed, to: "portcullis.yaml")
                try await server.engine.reload()
                let response = try await server.post("/v1/retrieve", #"{"query": "x"}"#, token: good)
                #expect(response.status == 401)
                #expect(response.text.contains(detail), "\(response.text)")
                try enclave.write(settings, to: "portcullis.yaml")
            }
        }
    }

    @Test("An unknown route and a wrong method look like nothing")
    func unknownRoutes() async throws {
        try await TestServer.with(SampleEnclave()) { server in
            let token = try await server.token("alice")
            #expect(try await server.get("/v1/secrets", token: token).status == 404)
            #expect(try await server.get("/", token: nil).status == 404)
            #expect(try await server.get("/v1/retrieve", token: token).status == 404)
        }
    }
}

extension Data {
    fileprivate var base64URL: String {
        base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

@Suite("A token that was verified once")
struct RememberedTokenTests {
    @Test("expires all the same, and counts for nothing under other keys or principals")
    func expires() async throws {
        let enclave = try SampleEnclave()
        try await TestServer.with(enclave) { server in
            let token = try await server.token("alice")
            let verifier = server.engine.current.tokens
            #expect(try await verifier.caller(token: token).mfa)
            await #expect(throws: InvalidToken(reason: .expired)) {
                try await verifier.caller(token: token, now: Date(timeIntervalSinceNow: 7200))
            }
            await #expect(throws: InvalidToken(reason: .notYetValid)) {
                try await verifier.caller(token: token, now: Date(timeIntervalSinceNow: -7200))
            }
            let principals = try #require(SampleEnclave.settings["principals.yaml"])
            try enclave.write(principals.replacing("alice", with: "alicia"), to: "principals.yaml")
            try await server.engine.reload()
            let response = try await server.post("/v1/retrieve", #"{"query": "x"}"#, token: token)
            #expect(response.status == 401)
        }
    }
}
