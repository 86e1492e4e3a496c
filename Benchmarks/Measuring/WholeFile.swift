import Glibc

/// Small files, as a whole.
enum WholeFile {
  static func read(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw BenchmarkFailure("\(path) cannot be read") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&room, 1, room.count, file), count > 0 {
      bytes += room[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw BenchmarkFailure("\(path) cannot be written") }
    let bytes = Array(text.utf8)
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else {
      throw BenchmarkFailure("\(path) cannot be written")
    }
  }
}
