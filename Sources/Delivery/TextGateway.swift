import Primitives

/// A text message (SMS) to one recipient.
public struct TextMessage: Equatable, Sendable {
  /// The idempotency key: the same at each attempt.
  public var key: String
  /// The recipient's number in E.164 form.
  public var recipient: Redacted<String>
  /// The text.
  public var text: Redacted<String>

  /// Joins the parts.
  public init(key: String, recipient: Redacted<String>, text: Redacted<String>) {
    self.key = key
    self.recipient = recipient
    self.text = text
  }
}

/// An HTTP service that sends text messages: what is posted where.
public struct TextGateway: Equatable, Sendable {
  /// Where messages are posted.
  public var url: String
  /// What is posted.
  public var template: TextTemplate
  /// Headers of the request, as `Name: value`; they may hold what signs us in.
  public var headers: [Redacted<String>]
  /// Who signs in with HTTP's basic scheme (RFC 7617); nil: nobody does.
  public var signIn: SignIn?

  /// Joins the parts.
  public init(
    url: String, template: TextTemplate, headers: [Redacted<String>] = [], signIn: SignIn? = nil
  ) {
    self.url = url
    self.template = template
    self.headers = headers
    self.signIn = signIn
  }
}

/// The body of a request to a gateway, with `{to}`, `{text}` and `{key}` where a message's own
/// parts stand.
///
/// The parts are put in after the template has been taken apart, and written by the rules of its
/// form, so that nothing in a message can become another field.
public struct TextTemplate: Equatable, Sendable {
  private enum Form: Equatable {
    case json(JSON)
    case fields([Field])
  }

  private struct Field: Equatable {
    var name: String
    var value: String
  }

  private let form: Form

  /// Reads a JSON object, or the fields of a form as `name={to}&other=text`; nil where it is
  /// neither, or has no place for the recipient or the text.
  public init?(_ text: String) {
    guard text.contains("{to}"), text.contains("{text}") else { return nil }
    if text.hasPrefix("{\"") {
      guard let json = try? JSON(parsing: text), json.members != nil else { return nil }
      form = .json(json)
      return
    }
    var fields: [Field] = []
    for part in text.split(separator: "&", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2, !pair[0].isEmpty else { return nil }
      fields.append(Field(name: String(pair[0]), value: String(pair[1])))
    }
    form = .fields(fields)
  }

  /// The value of `Content-Type`.
  var contentType: String {
    switch form {
    case .json: "application/json"
    case .fields: "application/x-www-form-urlencoded"
    }
  }

  /// The body for one message.
  func body(for message: TextMessage) -> [UInt8] {
    switch form {
    case .json(let json): Array(Self.fill(json, message).description.utf8)
    case .fields(let fields):
      Array(
        fields.map { field in
          Self.escape(field.name) + "=" + Self.escape(Self.fill(field.value, message))
        }.joined(separator: "&").utf8)
    }
  }

  private static func fill(_ json: JSON, _ message: TextMessage) -> JSON {
    switch json {
    case .string(let text): .string(fill(text, message))
    case .array(let elements): .array(elements.map { fill($0, message) })
    case .object(let members):
      .object(members.map { JSON.Member($0.name, fill($0.value, message)) })
    case .null, .bool, .integer, .number: json
    }
  }

  /// Goes over the template once, so that what was put in is not looked at again.
  private static func fill(_ template: String, _ message: TextMessage) -> String {
    let parts = [
      "{to}": message.recipient.value, "{text}": message.text.value, "{key}": message.key,
    ]
    var result = ""
    var rest = template[...]
    while let brace = rest.firstIndex(of: "{") {
      result += rest[..<brace]
      rest = rest[brace...]
      if let (name, value) = parts.first(where: { rest.hasPrefix($0.key) }) {
        result += value
        rest = rest.dropFirst(name.count)
      } else {
        result.append(rest.removeFirst())
      }
    }
    return result + rest
  }

  /// Everything but the unreserved characters of RFC 3986 section 2.3 as `%XX`.
  private static func escape(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF")
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += "%" + String([digits[Int(byte >> 4)], digits[Int(byte & 15)]])
      }
    }
    return result
  }
}
