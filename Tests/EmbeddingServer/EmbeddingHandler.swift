import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Synchronization
import TestSupport

/// What all connections share.
final class ServerState: Sendable {
    let log: RequestLog
    let embedder = HashingEmbedder(dimension: 48, maximumTokens: 512)

    private struct Counts {
        var byModel: [String: Int] = [:]
        var inFlight = 0
        /// Answers that wait for company.
        var held: [@Sendable () -> Void] = []
    }

    private let counts = Mutex(Counts())

    init(log: RequestLog) {
        self.log = log
    }

    /// The number of the request among those for its model, and how many are being answered now.
    func begin(model: String) -> (number: Int, inFlight: Int) {
        counts.withLock { counts in
            counts.byModel[model, default: 0] += 1
            counts.inFlight += 1
            return (counts.byModel[model, default: 0], counts.inFlight)
        }
    }

    func end() {
        counts.withLock { $0.inFlight -= 1 }
    }

    /// Runs `answer` together with others once there are `count` of them.
    func hold(until count: Int, _ answer: @escaping @Sendable () -> Void) {
        let ready = counts.withLock { counts in
            counts.held.append(answer)
            guard counts.held.count >= count else { return [@Sendable () -> Void]() }
            defer { counts.held = [] }
            return counts.held
        }
        for answer in ready { answer() }
    }
}

/// One connection.
final class EmbeddingHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let state: ServerState
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()

    init(state: ServerState) {
        self.state = state
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
        case .body(let part):
            body.writeImmutableBuffer(part)
        case .end:
            guard let head else { return }
            let reply = Reply(channel: context.channel, state: state)
            guard head.method == .POST, let body = try? JSONDecoder().decode(Exchange.Body.self, from: body) else {
                return reply.send(400, [], Data())
            }
            let exchange = Exchange(
                path: head.uri, authorization: head.headers.first(name: "Authorization"), body: body, reply: reply,
                state: state)
            Task { await exchange.run() }
        }
    }
}

/// One request and its answer.
struct Exchange: Sendable {
    struct Body: Decodable {
        let model: String
        let input: [String]
        let encodingFormat: String

        enum CodingKeys: String, CodingKey {
            case model, input
            case encodingFormat = "encoding_format"
        }
    }

    let path: String
    let authorization: String?
    let body: Body
    let reply: Reply
    let state: ServerState

    func run() async {
        let (number, inFlight) = state.begin(model: body.model)
        state.log.write(
            RequestRecord(
                path: path, model: body.model, texts: body.input, encodingFormat: body.encodingFormat,
                authorization: authorization, inFlight: inFlight))
        guard let vectors = try? await state.embedder.embed(body.input) else { return reply.hangUp() }
        switch Behaviour.of(model: body.model, number: number, texts: body.input, vectors: vectors) {
        case .answer(let status, let fields, let body): reply.send(status, fields, body)
        case .answerLater(let body):
            try? await Task.sleep(for: .milliseconds(20))
            reply.send(200, [], body)
        case .answerTogether(let count, let body): state.hold(until: count) { reply.send(200, [], body) }
        case .neverAnswer: break
        case .hangUp: reply.hangUp()
        case .cutShort(let body): reply.cutShort(body)
        case .pour: reply.pour()
        }
    }
}

/// The way back to whoever asked.
struct Reply: Sendable {
    let channel: any Channel
    let state: ServerState

    func send(_ status: Int, _ fields: [(String, String)], _ body: Data) {
        state.end()
        write(status, fields + [("Content-Length", "\(body.count)")], body)
        channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
    }

    func hangUp() {
        state.end()
        channel.close(promise: nil)
    }

    func cutShort(_ body: Data) {
        state.end()
        write(200, [("Content-Length", "\(body.count)")], body.prefix(body.count / 2))
        channel.flush()
        channel.close(promise: nil)
    }

    func pour() {
        state.end()
        write(200, [], Data())
        pourOn()
    }

    private func pourOn() {
        let part = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(repeating: 0x20, count: 1 << 16)))
        channel.writeAndFlush(part).whenSuccess { pourOn() }
    }

    private func write(_ status: Int, _ fields: [(String, String)], _ body: Data) {
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: status),
            headers: HTTPHeaders([("Content-Type", "application/json")] + fields))
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(data: body))), promise: nil)
    }
}
