/// Names one request of the HTTP API until it is answered.
public struct ExchangeID: Hashable, Comparable, Sendable {
  /// Counts up from 1; none is used again.
  public var value: UInt64

  /// The exchange with this number.
  public init(_ value: UInt64) { self.value = value }

  /// Orders by number.
  public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

/// A name with a value: a header field, or one part of a query.
public struct HTTPField: Equatable, Sendable {
  /// The name; of header fields, in lower case.
  public var name: String
  /// The value.
  public var value: String

  /// Joins the two.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// A request of the HTTP API, whole (RFC 9110).
public struct HTTPRequest: Equatable, Sendable {
  /// Where a request came in.
  public enum Port: Equatable, Sendable {
    /// Where everybody can reach it.
    case pages
    /// The operator's own.
    case admin
  }

  /// Where it came in.
  public var port: Port
  /// The method, as `GET`.
  public var method: String
  /// The path: percent escapes decoded, `.` and `..` resolved.
  public var path: String
  /// The parts of the query, in order, decoded.
  public var query: [HTTPField]
  /// `Authorization` (RFC 9110 section 11.6.2).
  public var authorization: Redacted<String>?
  /// `Content-Type`.
  public var contentType: String?
  /// `If-Match` (RFC 9110 section 13.1.1).
  public var ifMatch: String?
  /// `Idempotency-Key`.
  public var idempotencyKey: String?
  /// The body; at most `Limits.requestBodyBytes`.
  public var body: Redacted<[UInt8]>

  /// Joins the parts.
  public init(
    port: Port = .pages, method: String, path: String, query: [HTTPField] = [],
    authorization: Redacted<String>? = nil, contentType: String? = nil, ifMatch: String? = nil,
    idempotencyKey: String? = nil, body: Redacted<[UInt8]> = Redacted([])
  ) {
    self.port = port
    self.method = method
    self.path = path
    self.query = query
    self.authorization = authorization
    self.contentType = contentType
    self.ifMatch = ifMatch
    self.idempotencyKey = idempotencyKey
    self.body = body
  }
}

/// The answer to a request of the HTTP API.
public struct HTTPResponse: Equatable, Sendable {
  /// The status code (RFC 9110 section 15).
  public var status: Int
  /// `Content-Type`.
  public var contentType: String
  /// More header fields, in order.
  public var fields: [HTTPField]
  /// The body.
  public var body: [UInt8]

  /// Joins the parts.
  public init(
    status: Int, contentType: String = "application/json", fields: [HTTPField] = [],
    body: [UInt8] = []
  ) {
    self.status = status
    self.contentType = contentType
    self.fields = fields
    self.body = body
  }

  /// The value of a header field; nil where there is none.
  public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
}
