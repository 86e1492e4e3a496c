import Glibc

/// A small file of text that the operator or the daemon itself wrote.
public enum TextFile {
  /// Bytes in the longest file that is read.
  private static let maximumBytes = 1 << 20

  /// The whole text. A file that is to be private is refused where anybody but its owner can read
  /// or write it.
  public static func read(
    _ path: String, isPrivate: Bool = false
  ) throws(SetupMistake) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw last(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw last(path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw SetupMistake(file: path, reason: "is not a file")
    }
    guard !isPrivate || status.st_mode & 0o077 == 0 else {
      throw SetupMistake(file: path, reason: "others can read it; its mode must be 0600")
    }
    guard let bytes = read(descriptor) else { throw last(path) }
    guard bytes.count <= maximumBytes else {
      throw SetupMistake(file: path, reason: "is longer than 1 MiB")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw SetupMistake(file: path, reason: "is not UTF-8")
    }
    return text
  }

  /// Appends to a file, and has it on disk. With `isNew` the file is made, for this user alone,
  /// and must not be there.
  public static func append(
    _ text: String, to path: String, isNew: Bool = false
  ) throws(SetupMistake) {
    let flags = O_APPEND | (isNew ? O_CREAT | O_EXCL : 0)
    try write(text, to: path, flags: flags, mode: 0o600)
  }

  /// Writes a file that everybody may read, in place of what was there.
  public static func replace(_ path: String, with text: String) throws(SetupMistake) {
    try write(text, to: path, flags: O_CREAT | O_TRUNC, mode: 0o644)
  }

  private static func write(
    _ text: String, to path: String, flags: Int32, mode: mode_t
  ) throws(SetupMistake) {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC | flags, mode)
    guard descriptor >= 0 else { throw last(path) }
    defer { close(descriptor) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 || errno == EINTR else { throw last(path) }
      rest = rest.dropFirst(max(0, count))
    }
    // What is no file, as a terminal, has no disk to be on.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw last(path) }
  }

  private static func read(_ descriptor: Int32) -> [UInt8]? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= maximumBytes {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return bytes
  }

  /// What the system said last, about a path.
  static func last(_ path: String) -> SetupMistake {
    SetupMistake(file: path, reason: String(cString: strerror(errno)))
  }
}
