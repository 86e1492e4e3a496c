import Glibc
import Primitives

/// The configuration that Janus runs with here: the VideoRoom and the Unix socket alone, without
/// recording, events or trickled candidates.
enum JanusFolder {
  /// Where Debian's package says that it keeps its modules.
  private static let installed = "/etc/janus/janus.jcfg"

  /// Writes the files into a folder. `socket` is the path of the API's socket,
  /// `host` where media goes: not the loopback interface, which Janus leaves out always.
  static func fill(_ folder: String, socket: String, host: String, eventLoops: Int) throws {
    let settings = try WholeFile.read(installed)
    for (name, module) in [
      ("plugins", "libjanus_videoroom.so"), ("transports", "libjanus_pfunix.so"),
      ("events", nil), ("loggers", nil),
    ] {
      mkdir(folder + "/" + name, 0o700)
      guard let module else { continue }
      guard let place = value(of: name + "_folder", in: settings),
        symlink(place + "/" + module, folder + "/" + name + "/" + module) == 0
      else { throw BenchmarkFailure("\(installed) does not tell where \(module) is") }
    }
    let loops = eventLoops == 0 ? "" : "  event_loops = \(eventLoops)\n"
    try WholeFile.write(
      """
      general: {
        configs_folder = "\(folder)"
        plugins_folder = "\(folder)/plugins"
        transports_folder = "\(folder)/transports"
        events_folder = "\(folder)/events"
        loggers_folder = "\(folder)/loggers"
        debug_level = 2
        debug_colors = false
      \(loops)}
      media: { ipv6 = false }
      nat: {
        ice_lite = true
        full_trickle = false
        ice_enforce_list = "\(host)"
      }
      events: { broadcast = false }

      """, to: folder + "/janus.jcfg")
    try WholeFile.write(
      """
      general: {
        enabled = true
        json = "compact"
        path = "\(socket)"
      }
      admin: { admin_enabled = false }

      """, to: folder + "/janus.transport.pfunix.jcfg")
    try WholeFile.write("general: {}\n", to: folder + "/janus.plugin.videoroom.jcfg")
  }

  /// The text of a setting `name = "text"`.
  private static func value(of name: String, in settings: String) -> String? {
    for line in settings.split(separator: "\n") {
      let words = line.split(whereSeparator: { " \t=".contains($0) })
      guard words.count > 1, words[0] == name else { continue }
      return String(words[1].filter { $0 != "\"" })
    }
    return nil
  }
}
