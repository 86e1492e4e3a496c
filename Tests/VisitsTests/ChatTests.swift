import Primitives
import Testing

@testable import Visits

@Suite struct ChatTests {
  /// Anna and Pia in a call, Ivan in its lobby.
  private func call() throws -> (Scene, anna: Actor, pia: Actor, ivan: Actor) {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    let pia = try scene.piaJoins()
    let ivan = try scene.linkJoins(as: "par_ivan")
    try scene.perform(.admit(named("par_pia")), by: anna)
    return (scene, anna, pia, ivan)
  }

  private func texts(_ reader: String, in scene: Scene) -> [String] {
    scene.current.chat(of: named(reader)).map(\.text.value)
  }

  @Test func aMessageReachesThoseInTheCallWhenItIsSentAndNobodyLater() throws {
    var (scene, anna, pia, ivan) = try call()
    try scene.perform(.chat(named("cht_one"), Redacted("Hej")), by: pia)
    #expect(scene.current.call?.messages.map(\.readers) == [[named("par_anna"), named("par_pia")]])
    #expect(scene.refusal(of: .chat(named("cht_x"), Redacted("Jag med")), by: ivan) == .notInCall)
    try scene.perform(.admit(named("par_ivan")), by: anna)
    #expect(texts("par_ivan", in: scene) == [])
    try scene.perform(.chat(named("cht_two"), Redacted("Välkommen")), by: anna)
    #expect(texts("par_ivan", in: scene) == ["Välkommen"])
    #expect(texts("par_pia", in: scene) == ["Hej", "Välkommen"])
  }

  @Test func theSenderIsStampedByTheServer() throws {
    var (scene, _, pia, _) = try call()
    try scene.perform(.chat(named("cht_one"), Redacted("Hej")), by: pia)
    let message = try #require(scene.current.call?.messages.first)
    #expect(message.sender == named("par_pia"))
    #expect(message.role == .patient)
    #expect(message.name == Redacted("Pia Persson"))
    #expect(message.at == scene.now.wall)
  }

  @Test func whoIsReconnectingReadsItWhenBack() throws {
    var (scene, anna, _, _) = try call()
    try scene.perform(.disconnect(named("par_pia")), by: .system)
    try scene.perform(.chat(named("cht_one"), Redacted("Är du kvar?")), by: anna)
    try scene.wait(.seconds(20))
    try scene.perform(.reconnect(named("par_pia")), by: .system)
    #expect(texts("par_pia", in: scene) == ["Är du kvar?"])
  }

  @Test func whoIsHeldLosesTheChatForGood() throws {
    var (scene, anna, pia, _) = try call()
    try scene.perform(.chat(named("cht_one"), Redacted("Hej")), by: pia)
    try scene.perform(.hold(named("par_pia")), by: anna)
    #expect(texts("par_pia", in: scene) == [])
    try scene.perform(.admit(named("par_pia")), by: anna)
    #expect(texts("par_pia", in: scene) == [])
    #expect(texts("par_anna", in: scene) == ["Hej"])
  }

  @Test func whoLeavesAndComesBackHasNothing() throws {
    var (scene, anna, pia, _) = try call()
    try scene.perform(.chat(named("cht_one"), Redacted("Hej")), by: anna)
    try scene.perform(.leave, by: pia)
    try scene.perform(.join(as: named("par_again")), by: scene.patient(scene.pia))
    try scene.perform(.admitAll(), by: anna)
    #expect(texts("par_again", in: scene) == [])
    // The sender has gone, too: nobody has it, so it is nowhere.
    try scene.perform(.join(as: named("par_berit")), by: scene.staff(scene.berit))
    try scene.perform(.leave, by: anna)
    #expect(scene.current.call?.messages == [])
  }

  @Test func theChatIsGoneWhenTheCallEnds() throws {
    var (scene, anna, _, _) = try call()
    try scene.perform(.chat(named("cht_one"), Redacted("Hej")), by: anna)
    try scene.perform(.endCall, by: anna)
    try scene.perform(
      .startCall(named("cal_two"), as: named("par_a2")), by: scene.staff(scene.anna))
    #expect(scene.current.call?.messages == [])
    #expect(scene.current.chat(of: named("par_anna")) == [])
  }

  @Test func nothingOfItIsWritten() throws {
    var (scene, anna, _, _) = try call()
    let before = scene.log
    let events = try scene.perform(.chat(named("cht_one"), Redacted("CANARY")), by: anna)
    #expect(events.map(\.isDurable) == [false])
    #expect(scene.log == before)
    #expect(!"\(events)".contains("CANARY"))
  }

  @Test(arguments: ["", "  \n\t ", String(repeating: "a", count: Limits.chatBytes + 1)])
  func aMessageSaysSomethingAndIsNotTooLong(text: String) throws {
    var (scene, anna, _, _) = try call()
    #expect(
      scene.refusal(of: .chat(named("cht_one"), Redacted(text)), by: anna) == .badArgument)
  }

  @Test func aMessageIsSentOnce() throws {
    var (scene, anna, _, _) = try call()
    try scene.perform(.chat(named("cht_one"), Redacted("Hej")), by: anna)
    #expect(
      scene.refusal(of: .chat(named("cht_one"), Redacted("Hej")), by: anna) == .alreadyExists)
  }

  @Test func beyondTheLimitTheOldestAreForgotten() throws {
    var (scene, anna, _, _) = try call()
    for number in 0...Limits.chatMessagesPerCall {
      try scene.perform(.chat(named("cht_\(number)"), Redacted("\(number)")), by: anna)
    }
    let kept = texts("par_anna", in: scene)
    #expect(kept.count == Limits.chatMessagesPerCall)
    #expect(kept.first == "1" && kept.last == "\(Limits.chatMessagesPerCall)")
  }

  @Test func thoseLeftWithoutStaffStillTalk() throws {
    var (scene, anna, pia, ivan) = try call()
    try scene.perform(.admit(named("par_ivan")), by: anna)
    try scene.perform(.leave, by: anna)
    try scene.perform(.chat(named("cht_one"), Redacted("Vad gör vi nu?")), by: pia)
    #expect(texts("par_ivan", in: scene) == ["Vad gör vi nu?"])
    try scene.perform(.chat(named("cht_two"), Redacted("Väntar")), by: ivan)
    #expect(texts("par_pia", in: scene).count == 2)
  }
}
