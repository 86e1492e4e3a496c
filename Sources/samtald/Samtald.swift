import Glibc
import Runtime
import Setup

/// The daemon's command line.
@main
enum Samtald {
  private static let usage = """
    usage: samtald [--config FILE] [--state FOLDER]
           samtald --check-config FILE [--state FOLDER]

    Serves video visits until SIGTERM. Without a configuration it keeps a demo clinic and prints
    links for staff, patient and guest. Config/samtal.conf is a commented sample of all keys.

    --check-config lists every mistake in the file and in the files that it names, one a line as
    FILE:LINE: KEY: REASON, and ends with status 78 where there is one.

    """

  /// What the command line asks for.
  enum Request: Equatable {
    case serve(configuration: String?, state: String?)
    case check(configuration: String, state: String?)
    case help
  }

  static func main() {
    guard let request = parse(Array(CommandLine.arguments.dropFirst())) else {
      LogWriter.put(usage, to: STDERR_FILENO)
      exit(EX_USAGE)
    }
    do {
      exit(try carryOut(request))
    } catch {
      LogWriter.put("samtald: \(error)\n", to: STDERR_FILENO)
      exit(EXIT_FAILURE)
    }
  }

  /// What the arguments ask for; nil where they make no sense.
  static func parse(_ arguments: [String]) -> Request? {
    var values: [String: String] = [:]
    var rest = arguments[...]
    if arguments == ["--help"] { return .help }
    while let name = rest.popFirst() {
      guard ["--config", "--state", "--check-config"].contains(name), values[name] == nil,
        let value = rest.popFirst()
      else { return nil }
      values[name] = value
    }
    guard let checked = values["--check-config"] else {
      return .serve(configuration: values["--config"], state: values["--state"])
    }
    guard values["--config"] == nil else { return nil }
    return .check(configuration: checked, state: values["--state"])
  }

  private static func carryOut(_ request: Request) throws -> Int32 {
    switch request {
    case .help:
      LogWriter.put(usage, to: STDOUT_FILENO)
      return EXIT_SUCCESS
    case .check(let file, let state):
      let folder = state.map(StateFolder.init) ?? StateFolder.usual
      let mistakes = Configuration.check(file, state: folder, at: WallClock.now())
      for mistake in mistakes { LogWriter.put("\(mistake)\n", to: STDERR_FILENO) }
      guard mistakes.isEmpty else { return EX_CONFIG }
      LogWriter.put("\(file): no mistakes\n", to: STDOUT_FILENO)
      return EXIT_SUCCESS
    case .serve(let file, let state):
      var configuration = Configuration()
      if let file {
        guard let read = try read(file) else { return EX_CONFIG }
        configuration = read
      }
      let folder = state.map(StateFolder.init) ?? StateFolder.usual
      try folder.make()
      return try Daemon(configuration, state: folder).run()
    }
  }

  /// Reads a configuration; prints every mistake and gives nil where there is one.
  private static func read(_ file: String) throws(SetupMistake) -> Configuration? {
    let (configuration, mistakes) = Configuration.parse(try TextFile.read(file), file: file)
    for mistake in mistakes { LogWriter.put("\(mistake)\n", to: STDERR_FILENO) }
    return mistakes.isEmpty ? configuration : nil
  }
}
