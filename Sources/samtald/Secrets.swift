import Engine
import Glibc
import Primitives
import Runtime
import Security
import Visits

/// The keys that the daemon keeps outside its database: one behind all links, and those that
/// sign clinics' tokens.
///
/// The file has one `name: value` a line: `links: KEY` and `token.KEYID: CLINIC KEY`, each key at
/// least 32 bytes in base64url. It is made at the first start, and refused when anybody but its
/// owner can read it (H5).
struct Secrets {
  /// Why the file cannot be used.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// The key behind links and resume secrets.
  let links: LinkSecrets
  /// The keys that tokens may be signed with.
  let keys: [ControlConfiguration.ClinicKey]

  /// The key that signs the demo's tokens, where the file has it.
  var demoKey: JWTKey? { keys.first { $0.key.id == DemoClinic.keyID }?.key }

  /// Reads the file at `path`, or makes it with fresh keys.
  static func loadOrCreate(path: String) throws(Failure) -> Secrets {
    if access(path, F_OK) != 0, errno == ENOENT { try create(path: path) }
    return try Secrets(text: try read(path: path), path: path)
  }

  init(text: String, path: String) throws(Failure) {
    var links: LinkSecrets?
    var keys: [ControlConfiguration.ClinicKey] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where !line.trimmed.isEmpty && !line.hasPrefix("#") {
      // The text of a line is never repeated in an error: it may hold a key.
      let place = "\(path):\(index + 1)"
      let parts = line.split(separator: ":", maxSplits: 1).map(\.trimmed)
      guard parts.count == 2 else { throw Failure(description: "\(place): not \"name: value\"") }
      if parts[0] == "links" {
        guard links == nil else { throw Failure(description: "\(place): links comes twice") }
        links = Base64.decodeURL(String(parts[1])).flatMap { LinkSecrets(key: $0) }
        guard links != nil else {
          throw Failure(description: "\(place): the key is not 32 bytes or more in base64url")
        }
      } else if parts[0].hasPrefix("token.") {
        let id = String(parts[0].dropFirst("token.".count))
        guard !id.isEmpty, !keys.contains(where: { $0.key.id == id }) else {
          throw Failure(description: "\(place): a key needs a name of its own")
        }
        keys.append(try Self.clinicKey(id: id, parts[1], place))
      } else {
        throw Failure(description: "\(place): neither links nor token.KEYID")
      }
    }
    guard let links else { throw Failure(description: "\(path): links is missing") }
    self.links = links
    self.keys = keys
  }

  private static func clinicKey(
    id: String, _ value: Substring, _ place: String
  ) throws(Failure) -> ControlConfiguration.ClinicKey {
    let words = value.split(separator: " ")
    guard words.count == 2, let clinic = ClinicID(String(words[0])) else {
      throw Failure(description: "\(place): not \"CLINIC KEY\"")
    }
    guard let secret = Base64.decodeURL(String(words[1])),
      let key = JWTKey(id: id, sharedSecret: secret)
    else {
      throw Failure(description: "\(place): the key is not 32 bytes or more in base64url")
    }
    return ControlConfiguration.ClinicKey(clinic: clinic, key: key)
  }

  private static func create(path: String) throws(Failure) {
    let demo = DemoClinic()
    let text = """
      # Keys of samtald. Whoever has them can make links and tokens. Keep a copy in a safe place.
      links: \(Base64.encodeURL(KernelRandom.bytes(32)))
      token.\(DemoClinic.keyID): \(demo.clinic) \(Base64.encodeURL(KernelRandom.bytes(32)))

      """
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Failure.last(path) }
    defer { close(descriptor) }
    LogWriter.put(text, to: descriptor)
    guard fsync(descriptor) == 0 else { throw Failure.last(path) }
  }

  private static func read(path: String) throws(Failure) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure.last(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Failure.last(path) }
    guard status.st_mode & 0o077 == 0 else {
      throw Failure(description: "\(path): others can read it; its mode must be 0600")
    }
    guard let text = readText(descriptor) else { throw Failure.last(path) }
    return text
  }
}

extension Secrets.Failure {
  fileprivate static func last(_ path: String) -> Self {
    Self(description: "\(path): \(String(cString: strerror(errno)))")
  }
}

/// The whole text of an open file of at most 1 MiB; nil where it cannot be read.
func readText(_ descriptor: Int32) -> String? {
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while bytes.count <= 1 << 20 {
    let count = Glibc.read(descriptor, &chunk, chunk.count)
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { return nil }
    if count == 0 { return String(validating: bytes, as: UTF8.self) }
    bytes += chunk[..<count]
  }
  return nil
}
