package mongo

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	gosync "sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// misfit is a server that speaks MongoDB's protocol and answers as it is told: what
// no server does that the tests can have.
type misfit struct {
	// hello is added to the answer to a handshake.
	hello bson.D
	// secondary makes it a server of a replica set without a primary.
	secondary bool
	// answer answers any other command; nil closes the connection, silent says nothing.
	answer func(command string) bson.D
}

// silent is the answer that never comes.
var silent = bson.D{is("silent", true)}

func ok(more ...bson.E) bson.D { return append(bson.D{is("ok", 1)}, more...) }

func refusal(code int, text string) bson.D {
	return bson.D{is("ok", 0), is("code", code), is("errmsg", text)}
}

// serve returns the address, host and port, of the server until the test is over.
func (m misfit) serve(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if m.secondary {
		m.hello = bson.D{is("isWritablePrimary", false), is("secondary", true), is("setName", "rs0"),
			is("hosts", bson.A{listener.Addr().String()}), is("me", listener.Addr().String())}
	}
	var open gosync.WaitGroup
	var mu gosync.Mutex
	var conns []net.Conn
	open.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			open.Go(func() {
				if err := m.talk(c); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
					t.Logf("misfit: %v", err)
				}
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		open.Wait()
	})
	return listener.Addr().String()
}

// The protocol: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
const (
	opReply = 1
	opQuery = 2004
	opMsg   = 2013
	header  = 16
)

func (m misfit) talk(c net.Conn) error {
	for {
		var head [header]byte
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return err
		}
		body := make([]byte, binary.LittleEndian.Uint32(head[:])-header)
		if _, err := io.ReadFull(c, body); err != nil {
			return err
		}
		kind, start := opMsg, 5 // flags and the kind of the section
		if binary.LittleEndian.Uint32(head[12:]) == opQuery {
			kind = opReply
			for start = 4; body[start] != 0; start++ { // the name of the collection
			}
			start += 9
		}
		answer := m.reply(bson.Raw(body[start:]).Index(0).Key())
		switch {
		case answer == nil:
			return io.EOF
		case len(answer) == 1 && answer[0] == silent[0]:
			continue
		}
		if err := send(c, head[4:8], kind, answer); err != nil {
			return err
		}
	}
}

func (m misfit) reply(command string) bson.D {
	switch command {
	case "hello", "isMaster", "ismaster":
		answer := ok(is("isWritablePrimary", true), is("helloOk", true), is("maxBsonObjectSize", 16<<20),
			is("maxMessageSizeBytes", 48_000_000), is("maxWriteBatchSize", 100_000), is("minWireVersion", 0),
			is("maxWireVersion", 21), is("readOnly", false))
		for _, e := range m.hello {
			answer = replaced(answer, e)
		}
		return answer
	}
	return m.answer(command)
}

func replaced(doc bson.D, with bson.E) bson.D {
	for i := range doc {
		if doc[i].Key == with.Key {
			doc[i] = with
			return doc
		}
	}
	return append(doc, with)
}

func send(w io.Writer, request []byte, kind int, answer bson.D) error {
	doc, err := bson.Marshal(answer)
	if err != nil {
		return err
	}
	fixed := make([]byte, 5)
	if kind == opReply {
		fixed = make([]byte, 20)
		fixed[16] = 1 // one document
	}
	var head [header]byte
	binary.LittleEndian.PutUint32(head[:], uint32(header+len(fixed)+len(doc)))
	copy(head[8:], request)
	binary.LittleEndian.PutUint32(head[12:], uint32(kind))
	_, err = w.Write(slices.Concat(head[:], fixed, doc))
	return err
}
