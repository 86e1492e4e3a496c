import CWeb
import Primitives

/// One request to the daemon's HTTP API.
enum DaemonRequest {
  /// Why there is no answer.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  private static let seconds = 10
  private static let maximumAnswerBytes = 1 << 20

  /// Posts a JSON document, and returns the answer's status and body.
  static func post(
    _ body: JSON, to url: String, token: String
  ) throws(Failure) -> (status: Int, body: JSON) {
    guard let handle = curl_easy_init() else { throw Failure(description: "libcurl: no memory") }
    defer { curl_easy_cleanup(handle) }
    let bytes = Array(body.description.utf8)
    var headers: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(headers) }
    for header in ["Content-Type: application/json", "Authorization: Bearer " + token, "Expect:"] {
      headers = curl_slist_append(headers, header)
    }
    web_transfer_set_number(handle, CURLOPT_POST, 1)
    web_transfer_set_body(handle, bytes, bytes.count)
    web_transfer_set_list(handle, CURLOPT_HTTPHEADER, headers)
    let answer = try perform(handle, url)
    guard let body = try? JSON(parsing: answer) else {
      throw Failure(description: "\(url): the answer is no JSON")
    }
    return (web_transfer_status(handle), body)
  }

  /// Gets a page of text.
  static func get(_ url: String) throws(Failure) -> String {
    guard let handle = curl_easy_init() else { throw Failure(description: "libcurl: no memory") }
    defer { curl_easy_cleanup(handle) }
    let answer = try perform(handle, url)
    let status = web_transfer_status(handle)
    guard status == 200 else { throw Failure(description: "\(url): status \(status)") }
    return String(decoding: answer, as: UTF8.self)
  }

  /// Carries a request out; what was answered.
  private static func perform(
    _ handle: UnsafeMutableRawPointer, _ url: String
  ) throws(Failure) -> [UInt8] {
    let answer = ReceivedBytes(limit: maximumAnswerBytes)
    web_transfer_set_number(handle, CURLOPT_NOSIGNAL, 1)
    web_transfer_set_number(handle, CURLOPT_TIMEOUT, seconds)
    web_transfer_set_text(handle, CURLOPT_PROXY, "")
    web_transfer_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    web_transfer_set_text(handle, CURLOPT_URL, url)
    web_transfer_on_receive(handle, receiveAnswer, Unmanaged.passUnretained(answer).toOpaque())
    let code = withExtendedLifetime(answer) { curl_easy_perform(handle) }
    guard code == CURLE_OK else {
      throw Failure(description: "\(url): \(String(cString: curl_easy_strerror(code)))")
    }
    return answer.bytes
  }
}

private final class ReceivedBytes {
  var bytes: [UInt8] = []
  let limit: Int
  init(limit: Int) { self.limit = limit }
}

private let receiveAnswer: web_transfer_bytes = { bytes, size, count, context in
  guard let bytes, let context else { return 0 }
  let answer = Unmanaged<ReceivedBytes>.fromOpaque(context).takeUnretainedValue()
  let length = size * count
  guard answer.bytes.count + length <= answer.limit else { return 0 }
  answer.bytes += UnsafeRawBufferPointer(start: bytes, count: length)
  return length
}
