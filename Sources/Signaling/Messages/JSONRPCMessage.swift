import Primitives

/// What a response names the request by.
public enum RequestID: Hashable, Sendable {
  case integer(Int64)
  /// At most 64 bytes.
  case string(String)

  /// The `id` member of a response.
  public var json: JSON {
    switch self {
    case .integer(let value): .integer(value)
    case .string(let text): .string(text)
    }
  }
}

/// A request or a notification from a client (JSON-RPC 2.0 section 4). Batches are not taken.
public struct JSONRPCMessage: Equatable, Sendable {
  /// What the response is to name; nil: a notification, which is not answered.
  public var id: RequestID?
  /// The method's name.
  public var method: String
  /// The arguments by name; an empty object where there are none.
  public var params: JSON

  /// Why bytes are no message, and what to answer.
  public struct Failure: Error, Equatable {
    /// The request's id, where it could be read.
    public var id: RequestID?
    /// What is wrong.
    public var error: SignalingError

    /// Whether the sender cannot be understood at all: its connection is closed.
    public var isFatal: Bool { error.code == .parseError }
  }

  /// Reads one message.
  public init(parsing bytes: [UInt8]) throws(Failure) {
    let value: JSON
    do {
      value = try JSON(parsing: bytes, maximumDepth: Limits.messageDepth)
    } catch {
      throw Failure(
        error: SignalingError(.parseError, "malformed_json", message: error.description))
    }
    guard value.members != nil else {
      let reason = value.array == nil ? "not_an_object" : "batch_not_supported"
      throw Failure(error: SignalingError(.invalidRequest, reason))
    }
    let id = try Self.readID(value)
    func refuse(_ reason: String, _ field: String) -> Failure {
      Failure(id: id, error: SignalingError(.invalidRequest, reason, field: field))
    }
    guard value["jsonrpc"]?.string == "2.0" else { throw refuse("version_unsupported", "jsonrpc") }
    guard let method = value["method"]?.string else { throw refuse("method_missing", "method") }
    let params = value["params"] ?? .object([])
    guard params.members != nil else { throw refuse("params_not_an_object", "params") }
    self.id = id
    self.method = method
    self.params = params
  }

  private static func readID(_ value: JSON) throws(Failure) -> RequestID? {
    switch value["id"] {
    case nil: return nil
    case .integer(let number): return .integer(number)
    case .string(let text) where text.utf8.count <= 64: return .string(text)
    default: throw Failure(error: SignalingError(.invalidRequest, "bad_id", field: "id"))
    }
  }
}

/// The texts that go to a client.
public enum JSONRPCText {
  /// The response to a request that was carried out.
  public static func result(_ id: RequestID, _ result: JSON) -> String {
    JSON.object([
      .init("jsonrpc", "2.0"), .init("id", id.json), .init("result", result),
    ]).description
  }

  /// The response to a request that was refused; without id where none could be read.
  public static func error(_ id: RequestID?, _ error: SignalingError) -> String {
    JSON.object([
      .init("jsonrpc", "2.0"), .init("id", id?.json ?? .null), .init("error", error.json),
    ]).description
  }

  /// A notification, with its place in the session's sequence.
  public static func notification(_ method: String, sequence: UInt64, _ params: JSON) -> String {
    let numbered = [JSON.Member("seq", .integer(Int64(clamping: sequence)))]
    return JSON.object([
      .init("jsonrpc", "2.0"), .init("method", .string(method)),
      .init("params", .object(numbered + (params.members ?? []))),
    ]).description
  }
}
