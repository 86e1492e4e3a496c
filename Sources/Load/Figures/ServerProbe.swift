import Glibc
import Primitives

/// A look at the server from outside: its process where it runs on this machine, and its counters
/// where it shows them.
public struct ServerProbe {
  /// The server's process; nil where it is on another machine, or not known.
  public var process: ServerProcess?
  /// Its counters by name, labels of one name added up; nil where it shows none.
  public var counters: () -> [String: UInt64]?

  /// Joins the two.
  public init(process: ServerProcess?, counters: @escaping () -> [String: UInt64]?) {
    self.process = process
    self.counters = counters
  }

  /// Both at one moment.
  struct Sample {
    var processorTime: Duration?
    var residentBytes: Int?
    var counters: [String: UInt64]?
  }

  func sample() -> Sample {
    Sample(
      processorTime: process?.processorTime, residentBytes: process?.residentBytes,
      counters: counters())
  }
}

/// A process on this machine, as proc(5) shows it.
public struct ServerProcess: Sendable {
  /// Its number.
  public let number: Int32

  /// Wraps a process' number; nil where there is no such process.
  public init?(number: Int32) {
    guard access("/proc/\(number)/stat", R_OK) == 0 else { return nil }
    self.number = number
  }

  /// The process that listens on a TCP port of this machine; nil where none can be seen.
  public init?(listeningOn port: UInt16) {
    let sockets = Self.listeners(on: port)
    guard !sockets.isEmpty else { return nil }
    for entry in Self.names(in: "/proc") {
      guard let number = Int32(entry) else { continue }
      let folder = "/proc/\(number)/fd"
      let owns = Self.names(in: folder).contains { name in
        Self.target(of: "\(folder)/\(name)").map(sockets.contains) ?? false
      }
      guard owns else { continue }
      self.number = number
      return
    }
    return nil
  }

  /// User and system time of all its threads.
  public var processorTime: Duration? {
    guard let text = readText("/proc/\(number)/stat") else { return nil }
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
      return nil
    }
    return .seconds(user + system) / sysconf(Int32(_SC_CLK_TCK))
  }

  /// Bytes that it has in memory.
  public var residentBytes: Int? {
    let fields = readText("/proc/\(number)/statm")?.split(separator: " ") ?? []
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }

  /// The sockets that listen on a port, as links to them read.
  private static func listeners(on port: UInt16) -> Set<String> {
    let digits = String(port, radix: 16, uppercase: true)
    let ending = ":" + String(repeating: "0", count: 4 - digits.count) + digits
    var sockets: Set<String> = []
    for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
      for line in (readText(file) ?? "").split(separator: "\n") {
        let fields = line.split(separator: " ")
        // State 0A is LISTEN.
        guard fields.count > 9, fields[1].hasSuffix(ending), fields[3] == "0A" else { continue }
        sockets.insert("socket:[\(fields[9])]")
      }
    }
    return sockets
  }

  private static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }

  private static func target(of link: String) -> String? {
    var bytes = [CChar](repeating: 0, count: 256)
    let count = readlink(link, &bytes, bytes.count)
    guard count > 0 else { return nil }
    return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// The text of a small file of the kernel's.
func readText(_ path: String) -> String? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  var text: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = fread(&piece, 1, piece.count, file)
    if count == 0 { return String(decoding: text, as: UTF8.self) }
    text += piece[..<count]
  }
}
